import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readConfiguration, trainingPrograms } from '../../../workers/configuration.ts';

describe('what trains beside this package', () => {
  it('is the Python that is named, the folder of commands, and where other machines reach this one', () => {
    assert.deepEqual(
      trainingPrograms({
        ALPACA_PYTHON: '/opt/torch/bin/python',
        ALPACA_TRAIN_COMMANDS: '/etc/x',
        ALPACA_NODE_ADDRESS: '10.0.0.2',
      }),
      { python: '/opt/torch/bin/python', commands: '/etc/x', address: '10.0.0.2' },
    );
    const nothing = { python: null, commands: null, address: null };
    assert.deepEqual(trainingPrograms({ ALPACA_CACHE: '/no/such/folder' }), nothing);
  });

  it('is else the newest Python that set-up has made whole', async (test) => {
    const cache = await mkdtemp(join(tmpdir(), 'alpaca-cache-'));
    test.after(() => rm(cache, { recursive: true }));
    const here = `${process.platform}-${process.arch}`;
    const others = [
      'torch-2.16.0-plan9-mips',
      `torch-2.16.0-${here}.17.ab.partial`,
      `torch-2.16.0-${here}.lock`,
    ];
    for (const name of [`torch-2.9.1-${here}`, `torch-2.15.0-${here}`, ...others])
      await mkdir(join(cache, name));
    assert.equal(
      trainingPrograms({ ALPACA_CACHE: cache }).python,
      join(cache, `torch-2.15.0-${here}`, 'bin', 'python'),
    );
  });
});

describe('a worker’s configuration', () => {
  it('has every role of a data worker, and slots for more than the widest window of one run', () => {
    const { roles, slots, heartbeatSeconds, stopWithinMs, health, metrics, nexus } = readConfiguration({});
    assert.deepEqual(roles, ['workflows', 'requests', 'processing']);
    assert.deepEqual(slots, {
      workflows: { atOnce: 40, pollers: 10 },
      requests: { atOnce: 300, pollers: 40 },
      processing: { atOnce: 8, pollers: 4 },
      gpu: { atOnce: 1, pollers: 1 },
    });
    assert.deepEqual([heartbeatSeconds, stopWithinMs, nexus], [10, undefined, false]);
    assert.deepEqual([health, metrics], [null, null]);
  });

  it('takes roles, slots, pollers, heartbeats and the ports of its health and metrics from the environment', () => {
    const found = readConfiguration({
      ALPACA_WORKER_ROLES: 'requests, processing',
      ALPACA_REQUEST_SLOTS: '1000',
      ALPACA_REQUEST_POLLERS: '8',
      ALPACA_PROCESSING_SLOTS: '2',
      ALPACA_HEARTBEAT_SECONDS: '20',
      ALPACA_NEXUS: 'true',
      ALPACA_HEALTH_PORT: '8290',
      ALPACA_HEALTH_HOST: '0.0.0.0',
      ALPACA_METRICS_PORT: '9464',
    });
    assert.deepEqual(found.roles, ['requests', 'processing']);
    assert.deepEqual(found.slots.requests, { atOnce: 1000, pollers: 8 });
    assert.deepEqual(found.slots.processing, { atOnce: 2, pollers: 2 });
    assert.deepEqual([found.heartbeatSeconds, found.nexus], [20, true]);
    assert.deepEqual(found.health, { host: '0.0.0.0', port: 8290 });
    assert.deepEqual(found.metrics, { host: '127.0.0.1', port: 9464 });
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
    wrong({ ALPACA_NEXUS: 'perhaps' }, /ALPACA_NEXUS/);
    wrong({ ALPACA_HEALTH_PORT: '70000' }, /ALPACA_HEALTH_PORT/);
    wrong({ ALPACA_METRICS_PORT: '0' }, /ALPACA_METRICS_PORT/);
    wrong({ ALPACA_WEBHOOK_HOSTS: 'https://example.com/' }, /ALPACA_WEBHOOK_HOSTS/);
    wrong({ ALPACA_WEBHOOK_NETWORKS: '10.0.0.0' }, /ALPACA_WEBHOOK_NETWORKS/);
  });
});

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What the project tells its own processes, and nobody has to set. */
const OWN = new Set(['ALPACA_LOCAL_TEACHER_URL', 'ALPACA_PROGRAM', 'ALPACA_TEMPORAL_CLI']);

/** Names of variables in the code of a folder; one that ends in _ is the beginning of others. */
function variablesIn(folder: string): string[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  const code = files.filter((name) => /\.(ts|mjs)$/.test(name));
  return code.flatMap(
    (name) => readFileSync(join(ROOT, folder, name), 'utf8').match(/\bALPACA_[A-Z_]+/g) ?? [],
  );
}

describe('docs/configuration.md', () => {
  const page = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
  const read = new Set(['workers', 'activities'].flatMap(variablesIn));

  it('has every variable that is read, those aside that are the project’s own', () => {
    assert.ok(read.has('ALPACA_STORE') && read.size > 40, [...read].join());
    assert.deepEqual(
      [...read].filter(
        (name) => !page.includes(`\`${name}${name.endsWith('_') ? '' : '`'}`) && !OWN.has(name),
      ),
      [],
    );
  });

  it('has none that is not', () => {
    const named = page.match(/\bALPACA_[A-Z_]+/g) ?? [];
    assert.deepEqual(
      named.filter((name) => !read.has(name)),
      [],
    );
    assert.deepEqual(
      [...OWN].filter((name) => !read.has(name)),
      [],
    );
  });
});
