import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Progress } from '../../../workflows/contracts/progress.ts';
import type { TrainResult } from '../../../workflows/contracts/train.ts';
import type { MergeShardsInput } from '../../../workflows/contracts/train-activities.ts';
import { eventually, type Harness, type OwnHarness, startHarness } from '../harness.ts';
import { reference, type Script, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

/** The 30 steps of the scripted plan, in rounds of three shards of three steps. */
const threeWorkers = { workers: 3, roundSteps: 3, quorum: 2, graceSeconds: 1 };

describe('a round with a late shard', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  /** What was merged, round by round: the steps that shards ended with, and the late ones. */
  async function merged(
    settings: object,
    trainShard: Script['trainShard'],
    shown: (progress: Progress) => void = () => {},
  ): Promise<unknown[]> {
    const merges: MergeShardsInput[] = [];
    const mergeShards: typeof scripted.mergeShards = async (input) => {
      merges.push(input);
      return scripted.mergeShards(input);
    };
    await harness.withWorker({ trainShard, mergeShards }, async (start) => {
      const handle = await start('train', { ...threeWorkers, ...settings });
      assert.equal(((await handle.result()) as TrainResult).steps, 30);
      shown(await handle.query<Progress>('progress'));
    });
    return merges.map(({ shards, late }) => [shards.map(endOf), late.map(endOf)]);
  }

  it('is merged of the others after the grace time, and the late one is stopped', async () => {
    let stopped = 0;
    const found = await merged({ lateShards: 'leave-out' }, async (input) => {
      if (input.fromStep === 3) await untilStopped(() => (stopped += 1));
      return scripted.trainShard(input);
    });
    assert.deepEqual(found, [
      [[3, null, 9], []],
      [[12, 15, 18], []],
      [[21, 24, 27], []],
      [[28, 29, 30], []],
    ]);
    assert.equal(stopped, 1);
  });

  it('waits for it within the grace time', async () => {
    const { promise: others, resolve } = Promise.withResolvers<void>();
    let done = 0;
    const found = await merged({ graceSeconds: 600 }, async (input) => {
      if (input.fromStep === 3) await others;
      done += 1;
      if (done === 2) resolve();
      return scripted.trainShard(input);
    });
    assert.deepEqual(found[0], [[3, 6, 9], []]);
  });

  it('counts it in the next round, while its worker has no other shard', async () => {
    const { promise: next, resolve } = Promise.withResolvers<void>();
    const { promise: lateIsDone, resolve: lateDone } = Promise.withResolvers<void>();
    let note = '';
    const found = await merged(
      { quorum: 1 },
      async (input) => {
        if (input.fromStep === 3) {
          await next;
          setImmediate(lateDone);
        }
        // The second round is over some time after its late shard is done.
        if (input.fromStep === 9) {
          resolve();
          await lateIsDone;
          await new Promise((waited) => setTimeout(waited, 500));
        }
        if (input.fromStep === 12) await lateIsDone;
        return scripted.trainShard(input);
      },
      ({ stages }) => (note = stages[0]?.note ?? ''),
    );
    assert.deepEqual(found.slice(0, 3), [
      [[3, null, 9], []],
      [[12, 15], [6]],
      [[18, 21, 24], []],
    ]);
    assert.match(note, /^round 4 of 4 in 3 shards, 2 KiB up and 4 KiB down in a round, /);
  });

  it('waits for a store that vanishes before it is merged, and loses nothing', async () => {
    let away = 1;
    const trained: number[] = [];
    const script: Partial<Script> = {
      trainShard: async (input) => {
        trained.push(input.fromStep);
        return scripted.trainShard(input);
      },
      mergeShards: async (input) => {
        if (away-- > 0) throw ApplicationFailure.nonRetryable('The store is not there.', 'StoreAway');
        return scripted.mergeShards(input);
      },
    };
    await harness.withWorker(script, async (start) => {
      const handle = await start('train', threeWorkers);
      const waiting = await eventually(
        () => handle.query<Progress>('progress'),
        ({ state }) => state === 'paused',
      );
      assert.deepEqual(
        [waiting.pauseKind, waiting.pauseReason],
        ['storage', 'The store is not there; trying again in 5 s'],
      );
      await handle.executeUpdate('resume');
      assert.equal(((await handle.result()) as TrainResult).steps, 30);
    });
    assert.deepEqual(
      trained.sort((a, b) => a - b),
      [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29],
    );
  });
});

describe('a training of more rounds than a history holds', () => {
  let harness: OwnHarness;
  before(async () => {
    harness = await startHarness(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60']);
  });
  after(() => harness.close());

  it('goes on anew between two rounds, and plans and measures once', async () => {
    const calls: string[] = [];
    const steps: number[] = [];
    const script: Partial<Script> = {
      planTraining: async (input) => {
        calls.push('plan');
        return scripted.planTraining(input);
      },
      measureLoss: async (input) => {
        calls.push(`loss of ${input.checkpoint?.rows ?? 'the base'}`);
        return scripted.measureLoss(input);
      },
      mergeShards: async (input) => {
        steps.push(input.round.toStep);
        return scripted.mergeShards(input);
      },
    };
    await harness.withWorker(script, async (start) => {
      const handle = await start('train', { workers: 2, roundSteps: 1 });
      const result = (await handle.result()) as TrainResult;
      assert.deepEqual([result.steps, result.loss], [30, { before: 8, after: 3 }]);
      assert.deepEqual(result.checkpoint, reference('checkpoint', 30, 'merged'));
      assert.deepEqual(
        steps,
        Array.from({ length: 15 }, (_, round) => 2 * round + 2),
      );
      assert.deepEqual(calls, ['plan', 'loss of the base', 'loss of 30']);
      const query = `WorkflowId = "${handle.workflowId}" AND ExecutionStatus = "ContinuedAsNew"`;
      const { count } = await harness.environment.client.workflow.count(query);
      assert.ok(count >= 2, `${count} continuations`);
    });
  });
});

function endOf(uri: string | null): number | null {
  return [...Array(31).keys()].find((step) => reference('checkpoint', step).uri === uri) ?? null;
}

/** Trains until it is cancelled. */
async function untilStopped(stopped: () => void): Promise<never> {
  const context = Context.current();
  const beating = setInterval(() => context.heartbeat(), 100);
  try {
    return await context.cancelled;
  } catch (error) {
    stopped();
    throw error;
  } finally {
    clearInterval(beating);
  }
}
