import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  livingWorkers,
  type QueueCalls,
  unpolledRoles,
  unpolledText,
} from '../../../../workers/fleet/unpolled.ts';

const NOW = 1_000_000_000;

/** Queues by when each was polled last, in seconds before now. */
function server(polled: Record<string, number>): QueueCalls {
  return {
    pollers: async (taskQueue) =>
      taskQueue in polled ? [{ identity: '7@host', polledAt: NOW - (polled[taskQueue] ?? 0) * 1000 }] : [],
  };
}

const DATA = { 'blue-presence': 5, 'blue-requests-presence': 20, 'blue-processing-presence': 34 };

describe('queues that nobody polls', () => {
  it('are none where workers of every role are there', async () => {
    const calls = server({ ...DATA, 'blue-gpu-presence': 0 });
    assert.deepEqual(await unpolledRoles(calls, 'blue', NOW), []);
  });

  it('are those that were never polled, or not for longer than a poll waits', async () => {
    assert.deepEqual(await unpolledRoles(server(DATA), 'blue', NOW), ['gpu']);
    assert.deepEqual(await unpolledRoles(server({ ...DATA, 'blue-gpu-presence': 36 }), 'blue', NOW), ['gpu']);
  });

  it('are not those of a worker whose slots are all taken: it says by a poll of its own that it is there', async () => {
    const busy = server({ ...DATA, 'blue-gpu': 3600, 'blue-gpu-presence': 30 });
    assert.deepEqual(await unpolledRoles(busy, 'blue', NOW), []);
  });

  it('belong to one fleet: the workers of another are no help', async () => {
    const other = server({ ...DATA, 'green-gpu-presence': 0 });
    assert.deepEqual(await unpolledRoles(other, 'blue', NOW), ['gpu']);
  });
});

describe('who is at work', () => {
  it('is listed by role, once each, by what a process said last', async () => {
    const identities: Record<string, [string, secondsAgo: number][]> = {
      'blue-presence': [['9@b', 1]],
      'blue-gpu-presence': [
        ['8@c gpu H100, 79.6 GiB, build 3fa9c1d2', 2],
        ['8@c', 25],
        ['7@a', 3],
        ['6@a', 50],
      ],
    };
    const pollers: QueueCalls['pollers'] = async (queue) =>
      (identities[queue] ?? []).map(([identity, ago]) => ({ identity, polledAt: NOW - ago * 1000 }));
    assert.deepEqual(await livingWorkers({ pollers }, 'blue', NOW), {
      workflows: ['9@b'],
      requests: [],
      processing: [],
      gpu: ['7@a', '8@c gpu H100, 79.6 GiB, build 3fa9c1d2'],
    });
  });
});

describe('what is said of them', () => {
  it('is what waits and which worker to start', () => {
    assert.equal(unpolledText('blue', []), null);
    assert.equal(
      unpolledText('blue', ['gpu']),
      'No worker polls blue-gpu, and what is for it waits. Start a GPU worker: ALPACA_TASK_QUEUE=blue node workers/gpu-worker.ts',
    );
    assert.equal(
      unpolledText('alpaca', ['workflows', 'requests', 'processing', 'gpu']),
      'No worker polls alpaca, alpaca-requests, alpaca-processing, alpaca-gpu, and what is for them waits. Start a data worker: node workers/data-worker.ts; start a GPU worker: node workers/gpu-worker.ts',
    );
  });

  it('is which role to start where a data worker does others already', () => {
    assert.equal(
      unpolledText('alpaca', ['processing']),
      'No worker polls alpaca-processing, and what is for it waits. Start a data worker: ALPACA_WORKER_ROLES=processing node workers/data-worker.ts',
    );
  });
});
