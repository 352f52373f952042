import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FollowedRun, type Following, followRun } from '../../../../../workers/command/run/follow.ts';
import type { Progress } from '../../../../../workflows/contracts/progress.ts';

const PROGRESS: Progress = {
  state: 'running',
  stage: 'generate',
  stages: [],
  accepted: 1,
  target: 10,
  costUsd: 0,
  budgetUsd: null,
  pauseReason: null,
  pauseKind: null,
  loss: { latest: null, before: null, after: null },
  etaSeconds: null,
  forecast: null,
};

/** A server whose answers take 20 ms, and that counts the calls under way. */
class SlowServer implements FollowedRun {
  pending = 0;
  asked = 0;
  waits: Pick<Progress, 'pauseReason' | 'pauseKind'> = { pauseReason: null, pauseKind: null };
  closedAfter = Number.POSITIVE_INFINITY;
  failure = new Error('the workflow failed');

  describe() {
    this.asked += 1;
    return this.#answer(() => ({
      taskQueue: 'blue',
      ...(this.asked > this.closedAfter ? { closeTime: new Date(0) } : {}),
    }));
  }
  query() {
    return this.#answer(() => ({ ...PROGRESS, ...this.waits }));
  }
  result() {
    return this.#answer<unknown>(() => {
      if (this.closedAfter === Number.POSITIVE_INFINITY) throw new Error('a long poll: the run is open');
      throw this.failure;
    });
  }
  async #answer<Value>(value: () => Value): Promise<Value> {
    this.pending += 1;
    try {
      await sleep(20);
      return value();
    } finally {
      this.pending -= 1;
    }
  }
}

function following(change: Partial<Following> = {}): Following & { said: string[] } {
  const said: string[] = [];
  return {
    run: { workflowId: 'my-run', address: '127.0.0.1:7233', namespace: 'default' },
    withDeadline: (_, call) => call(),
    askStep: async () => PROGRESS,
    unpolled: async () => null,
    signal: new AbortController().signal,
    failure: new Promise<never>(() => {}),
    howToResume: 'Stopped; start it again.',
    display: { show() {}, close() {}, say: (line) => void said.push(line) },
    said,
    ...change,
  };
}

describe('following a run', () => {
  it('says once that nobody polls a queue of its fleet, and again only where that changes', async (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: 0 });
    const server = new SlowServer();
    server.closedAfter = 5;
    const answers = [null, 'No worker polls blue-gpu.', 'No worker polls blue-gpu.', null];
    const asked: string[] = [];
    const unpolled = async (taskQueue: string) => {
      asked.push(taskQueue);
      return answers[asked.length - 1] ?? null;
    };
    // Each look at the run is 15 seconds after the last.
    const describe = server.describe.bind(server);
    server.describe = () => {
      context.mock.timers.tick(15_000);
      return describe();
    };
    const watched = following({ unpolled });
    await assert.rejects(followRun(server, watched), server.failure);
    assert.deepEqual(asked, ['blue', 'blue', 'blue', 'blue', 'blue']);
    assert.deepEqual(watched.said, ['No worker polls blue-gpu.']);
  });

  it('leaves nothing under way when it is interrupted, whenever that is', async () => {
    for (const afterMs of [0, 5, 15, 25, 35, 60]) {
      const server = new SlowServer();
      const interrupted = new AbortController();
      setTimeout(() => interrupted.abort(), afterMs);
      await assert.rejects(followRun(server, following({ signal: interrupted.signal })), {
        name: 'Interrupted',
        message: 'Stopped; start it again.',
      });
      assert.equal(server.pending, 0, `interrupted after ${afterMs} ms`);
    }
  });

  it('ends with what the workflow failed with, once it is closed', async () => {
    const server = new SlowServer();
    server.closedAfter = 1;
    await assert.rejects(followRun(server, following()), server.failure);
    assert.deepEqual([server.asked, server.pending], [2, 0]);
  });

  it('ends with the reason why the environment cannot stand', async () => {
    const server = new SlowServer();
    const broken = Promise.reject(new Error('the server crashed too often'));
    await assert.rejects(followRun(server, following({ failure: broken })), /crashed too often/);
    assert.equal(server.pending, 0);
  });

  it('bears a server that does not answer for a moment', async () => {
    const server = new SlowServer();
    server.closedAfter = 1;
    const away = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: '', metadata: {} });
    let calls = 0;
    const withDeadline: Following['withDeadline'] = (_, call) => {
      calls += 1;
      return calls === 1 ? Promise.reject(new Error('Failed to describe', { cause: away })) : call();
    };
    await assert.rejects(followRun(server, following({ withDeadline })), server.failure);
  });

  it('prints once how each kind of pause is ended, whatever the pauses come to', async () => {
    const server = new SlowServer();
    server.closedAfter = 6;
    const kinds = ['person', null, 'person', 'teacher', null, 'teacher'] as const;
    const query = server.query.bind(server);
    server.query = () => {
      const pauseKind = kinds[server.asked - 1] ?? null;
      server.waits = { pauseKind, pauseReason: pauseKind };
      return query();
    };
    const run = following();
    await assert.rejects(followRun(server, run), server.failure);
    const resume = 'npm run temporal -- workflow update execute --workflow-id my-run --name resume';
    assert.deepEqual(run.said, [`to go on: ${resume}`, `to try at once: ${resume}`]);
  });

  it('prints the command that raises the budget, once', async () => {
    const server = new SlowServer();
    server.closedAfter = 2;
    server.waits = {
      pauseReason: 'the budget of 1.00 USD is reached; everything is kept',
      pauseKind: 'budget',
    };
    const run = following();
    await assert.rejects(followRun(server, run), server.failure);
    assert.deepEqual(run.said, [
      'to go on, raise the budget to N dollars: npm run temporal -- workflow update execute --workflow-id my-run --name setBudget --input N',
    ]);
  });
});
