import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readConfiguration } from '../../../workers/configuration.ts';

describe('a worker’s configuration', () => {
  it('has every role of a data worker, and slots for more than the widest window of one run', () => {
    const { roles, slots, heartbeatSeconds, stopWithinMs, health } = readConfiguration({});
    assert.deepEqual(roles, ['workflows', 'requests', 'processing']);
    assert.deepEqual(slots, {
      workflows: { atOnce: 40, pollers: 10 },
      requests: { atOnce: 300, pollers: 40 },
      processing: { atOnce: 8, pollers: 4 },
      gpu: { atOnce: 1, pollers: 1 },
    });
    assert.deepEqual([heartbeatSeconds, stopWithinMs, health], [10, undefined, null]);
  });

  it('takes roles, slots, pollers, heartbeats and the port of its health from the environment', () => {
    const found = readConfiguration({
      ALPACA_WORKER_ROLES: 'requests, processing',
      ALPACA_REQUEST_SLOTS: '1000',
      ALPACA_REQUEST_POLLERS: '8',
      ALPACA_PROCESSING_SLOTS: '2',
      ALPACA_HEARTBEAT_SECONDS: '20',
      ALPACA_HEALTH_PORT: '8290',
      ALPACA_HEALTH_HOST: '0.0.0.0',
    });
    assert.deepEqual(found.roles, ['requests', 'processing']);
    assert.deepEqual(found.slots.requests, { atOnce: 1000, pollers: 8 });
    assert.deepEqual(found.slots.processing, { atOnce: 2, pollers: 2 });
    assert.equal(found.heartbeatSeconds, 20);
    assert.deepEqual(found.health, { host: '0.0.0.0', port: 8290 });
  });

  it('has a store in a folder, whose path it makes absolute, or in a bucket, with a cache', () => {
    const { store, cache } = readConfiguration({ ALPACA_STORE: '~/store', ALPACA_CACHE: '/cache' });
    assert.equal(store, join(homedir(), 'store'));
    assert.deepEqual(cache, { folder: '/cache/store', mostBytes: 50_000_000_000 });
    const found = readConfiguration({
      ALPACA_STORE: 's3://bucket/prefix',
      ALPACA_STORE_CACHE: '/disk',
      ALPACA_STORE_CACHE_BYTES: '1e9',
    });
    assert.equal(found.store, 's3://bucket/prefix');
    assert.deepEqual(found.cache, { folder: '/disk', mostBytes: 1_000_000_000 });
  });

  it('takes what is empty as unset, as compose files hand it over', () => {
    assert.equal(readConfiguration({ ALPACA_REQUEST_SLOTS: '', ALPACA_HEALTH_PORT: '' }).health, null);
  });

  it('names what is wrong', () => {
    const wrong = (env: NodeJS.ProcessEnv, message: RegExp) =>
      assert.throws(() => readConfiguration(env), { code: 'Configuration', message });
    wrong(
      { ALPACA_WORKER_ROLES: 'workflows,gpu' },
      /ALPACA_WORKER_ROLES.*workflows, requests and processing/,
    );
    wrong({ ALPACA_WORKER_ROLES: ',' }, /ALPACA_WORKER_ROLES/);
    wrong({ ALPACA_REQUEST_SLOTS: '0' }, /ALPACA_REQUEST_SLOTS/);
    wrong({ ALPACA_HEARTBEAT_SECONDS: '61' }, /ALPACA_HEARTBEAT_SECONDS/);
    wrong({ ALPACA_HEALTH_PORT: '70000' }, /ALPACA_HEALTH_PORT/);
  });
});
