import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { GenerateResult } from '../../../workflows/contracts/generate.ts';
import type {
  BatchRange,
  CollectBatchResult,
  GenerationEstimate,
  JobPlan,
} from '../../../workflows/contracts/generate-activities.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { eventually, type Harness } from '../harness.ts';
import { acceptTen, collected, freeEstimate, paidEstimate, type Script } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

const plan: JobPlan = { requestsPerJob: 4, pollSeconds: 0.05 };

/** What the ledger has of requests that it has nothing of. */
const LACKING = { missing: 5, answeredRequests: 0, sent: 0 };

/** Activities of a teacher that is asked by the job; `asked` is each job that was submitted. */
function byJob(estimate: GenerationEstimate, batch = plan) {
  const asked: [first: number, requests: number, asking: number][] = [];
  const script: Partial<Script> = {
    estimateGeneration: async () => ({ ...estimate, batch }),
    answerRequest: async () => assert.fail('a request was asked by itself'),
    submitBatch: async ({ firstRequest, requests, asking }: BatchRange) => {
      asked.push([firstRequest, requests, asking]);
      const worstCaseUsd = requests * estimate.worstCaseRequestUsd;
      return { batch: `batch_${asked.length}`, prompts: requests * 5, worstCaseUsd, lost: 0, lostUsd: 0 };
    },
  };
  return { asked, script };
}

describe('the generate workflow with a teacher that is asked by the job', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('asks the requests that are expected to be needed, and accepts them in index order', async () => {
    const { asked, script } = byJob(freeEstimate);
    const rounds: [number, number][] = [];
    const acceptRound: typeof acceptTen = async (input) => {
      rounds.push([input.firstRequest, input.requests]);
      return acceptTen(input);
    };
    await harness.withWorker({ ...script, acceptRound }, async (start) => {
      const handle = await start('generate', { target: 100, roundSize: 5, concurrency: 2 });
      const result = (await handle.result()) as GenerateResult;
      assert.deepEqual([result.data.rows, result.requests, result.sent], [100, 10, 50]);
    });
    assert.deepEqual(
      asked.toSorted(([a], [b]) => a - b),
      [
        [0, 4, 0],
        [4, 4, 0],
        [8, 2, 0],
      ],
    );
    assert.deepEqual(rounds, [
      [0, 5],
      [5, 5],
    ]);
  });

  it('looks at a job until it has ended, and says how far it is', async () => {
    const { script } = byJob(freeEstimate);
    let looks = 0;
    const pollBatch = async () => {
      looks += 1;
      return { status: looks < 4 ? 'in_progress' : 'completed', ended: looks >= 4, done: looks, total: 4 };
    };
    await harness.withWorker({ ...script, pollBatch }, async (start) => {
      const handle = await start('generate', { target: 20 });
      const { state, stages } = await eventually(
        () => handle.query(progressQuery),
        (progress) => /of 4 prompts/.test(progress.stages[0]?.note ?? ''),
      );
      assert.equal(state, 'running');
      assert.match(stages[0]?.note ?? '', /^0 requests answered; job batch_1 in_progress, \d of 4 prompts$/);
      await handle.result();
    });
    assert.equal(looks, 4);
  });

  it('makes jobs as large as the budget allows, pauses at the cap and goes on after setBudget', async () => {
    const { asked, script } = byJob(paidEstimate);
    const collectBatch = async ({ requests, batch }: BatchRange & { batch: string | null }) =>
      batch === null ? { ...collected(requests), ...LACKING } : collected(requests, requests * 0.5);
    await harness.withWorker({ ...script, collectBatch }, async (start) => {
      const handle = await start('generate', { target: 100, budgetUsd: 3, roundSize: 1, concurrency: 1 });
      const waiting = await eventually(
        () => handle.query(progressQuery),
        ({ state }) => state === 'paused',
      );
      assert.equal(waiting.pauseKind, 'budget');
      assert.equal(
        waiting.pauseReason,
        'the budget of 3.00 USD is reached: 2.50 USD is spent and one more request can cost 1.00 USD; everything is kept, setBudget goes on',
      );
      assert.deepEqual(asked, [
        [0, 3, 0],
        [3, 1, 0],
        [4, 1, 0],
      ]);
      await handle.executeUpdate('setBudget', { args: [100] });
      const result = (await handle.result()) as GenerateResult;
      assert.deepEqual([result.data.rows, result.costUsd], [100, 5]);
      assert.deepEqual(asked.slice(3), [
        [5, 4, 0],
        [9, 1, 0],
      ]);
    });
  });

  it('takes what the ledger has where there is no money for one more request, and waits where it lacks one', async () => {
    const { asked, script } = byJob(paidEstimate);
    const sought: [first: number, requests: number][] = [];
    const collectBatch = async ({
      firstRequest,
      requests,
      batch,
    }: BatchRange & { batch: string | null }): Promise<CollectBatchResult> => {
      if (batch !== null) return collected(requests, requests * 0.5);
      sought.push([firstRequest, requests]);
      const whole = Math.min(requests, 6 - firstRequest);
      return { ...collected(requests), sent: 0, missing: (requests - whole) * 5, answeredRequests: whole };
    };
    await harness.withWorker({ ...script, collectBatch }, async (start) => {
      const handle = await start('generate', { target: 80, budgetUsd: 0.75, roundSize: 1 });
      const { pauseKind, costUsd } = await eventually(
        () => handle.query(progressQuery),
        ({ state }) => state === 'paused',
      );
      assert.deepEqual([pauseKind, costUsd, asked], ['budget', 0, []]);
      assert.deepEqual(sought.slice(0, 3), [
        [0, 4],
        [4, 4],
        [4, 2],
      ]);
      assert.deepEqual(sought.at(-1)?.[0], 6);
      await handle.executeUpdate('setBudget', { args: [100] });
      const result = (await handle.result()) as GenerateResult;
      assert.deepEqual([result.data.rows, result.costUsd, asked], [80, 1, [[6, 2, 0]]]);
    });
  });

  it('asks again what a job left unanswered, and waits first where it answered nothing', async () => {
    const { asked, script } = byJob(freeEstimate);
    const missing = [20, 3, 0];
    const collectBatch = async ({ requests, asking }: BatchRange): Promise<CollectBatchResult> => ({
      ...collected(requests),
      missing: missing[asking] ?? 0,
      answeredRequests: 0,
      reason: 'the job is expired',
    });
    await harness.withWorker({ ...script, collectBatch }, async (start) => {
      const handle = await start('generate', { target: 40, outageWaitSeconds: 1 });
      const waiting = await eventually(
        () => handle.query(progressQuery),
        ({ state }) => state === 'paused',
      );
      assert.equal(waiting.pauseReason, 'requests 0 to 3: the job is expired; trying again in 1 s');
      assert.equal(((await handle.result()) as GenerateResult).prompts, 20);
    });
    assert.deepEqual(asked, [
      [0, 4, 0],
      [0, 4, 1],
      [0, 4, 2],
    ]);
  });

  it('submits nothing that the budget does not cover where generation is ended while a job waits for money', async () => {
    const { asked, script } = byJob(paidEstimate);
    const collectBatch = async ({ requests }: BatchRange): Promise<CollectBatchResult> => ({
      ...collected(requests, 3.5),
      ...{ missing: 5, answeredRequests: 3, reason: 'the job is expired' },
    });
    await harness.withWorker({ ...script, collectBatch }, async (start) => {
      const handle = await start('generate', { target: 40, budgetUsd: 4 });
      const { pauseReason } = await eventually(
        () => handle.query(progressQuery),
        ({ pauseKind }) => pauseKind === 'budget',
      );
      assert.match(
        pauseReason ?? '',
        /^the budget of 4\.00 USD is reached: 3\.50 USD is spent and .* can cost 1\.00 USD;/,
      );
      await handle.executeUpdate('stopEarly');
      const result = (await handle.result()) as GenerateResult;
      assert.deepEqual([result.stopReason, result.requests, result.costUsd], ['stopped-early', 3, 3.5]);
    });
    assert.deepEqual(asked, [[0, 4, 0]]);
  });

  it('cancels the job on stopEarly, and keeps the requests that it answered whole', async () => {
    const { script } = byJob(freeEstimate);
    let cancelled = false;
    const cancelBatch = async () => {
      cancelled = true;
    };
    const pollBatch = async () => {
      const status = cancelled ? 'cancelled' : 'in_progress';
      return { status, ended: cancelled, done: 0, total: 20 };
    };
    const collectBatch = async ({ requests }: BatchRange): Promise<CollectBatchResult> => ({
      ...collected(requests),
      missing: 7,
      answeredRequests: 2,
      reason: 'the job is cancelled',
    });
    await harness.withWorker({ ...script, cancelBatch, pollBatch, collectBatch }, async (start) => {
      const handle = await start('generate', { target: 40 });
      await eventually(
        () => handle.query(progressQuery),
        ({ stages }) => /in_progress/.test(stages[0]?.note ?? ''),
      );
      await handle.executeUpdate('stopEarly');
      const result = (await handle.result()) as GenerateResult;
      assert.deepEqual([result.stopReason, result.requests, result.data.rows], ['stopped-early', 2, 20]);
    });
    assert.ok(cancelled);
  });

  it('cancels the job at the provider when the workflow is cancelled', async () => {
    const { script } = byJob(freeEstimate, { requestsPerJob: 4, pollSeconds: 3600 });
    const cancelled: (string | null)[] = [];
    const activities: Partial<Script> = {
      ...script,
      pollBatch: async () => ({ status: 'in_progress', ended: false, done: 0, total: 20 }),
      cancelBatch: async ({ batch }) => {
        cancelled.push(batch);
        if (cancelled.length === 1)
          throw ApplicationFailure.nonRetryable('The worker is being stopped.', 'WorkerStopping');
      },
    };
    await harness.withWorker(activities, async (start) => {
      const handle = await start('generate', { target: 40 });
      await eventually(
        () => handle.query(progressQuery),
        ({ stages }) => /in_progress/.test(stages[0]?.note ?? ''),
      );
      await handle.cancel();
      await assert.rejects(handle.result(), /cancelled/i);
      assert.deepEqual(cancelled, ['batch_1', 'batch_1'], 'once more, since the first worker was stopped');
    });
  });
});
