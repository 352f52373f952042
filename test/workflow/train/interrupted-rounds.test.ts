import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { Context } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Progress } from '../../../workflows/contracts/progress.ts';
import type { TrainResult } from '../../../workflows/contracts/train.ts';
import type { TrainShardInput } from '../../../workflows/contracts/train-activities.ts';
import { eventually, type Harness } from '../harness.ts';
import { scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

/** The 30 steps of the scripted plan: a round of 10 and 10, and one of 5 and 5. */
const twoWorkers = { workers: 2, roundSteps: 10 };

describe('a round that is interrupted', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('ends all shards of a round when it is cancelled, and merges none', async () => {
    const running = new Set<number>();
    const cancelled: number[] = [];
    let merges = 0;
    await harness.withWorker(
      {
        trainShard: (input) => untilCancelled(input, running, cancelled),
        mergeShards: async (input) => {
          merges += 1;
          return scripted.mergeShards(input);
        },
      },
      async (start) => {
        const handle = await start('train', twoWorkers);
        await eventually(
          async () => running.size,
          (size) => size === 2,
        );
        await handle.cancel();
        await assert.rejects(handle.result(), WorkflowFailedError);
        assert.equal((await handle.describe()).status.name, 'CANCELLED');
        await eventually(
          async () => cancelled.length,
          (count) => count === 2,
        );
        assert.equal(merges, 0);
      },
    );
  });

  it('ends the other shards when one fails for good', async () => {
    const running = new Set<number>();
    const cancelled: number[] = [];
    const trainShard: typeof scripted.trainShard = async (input) => {
      if (input.fromStep === 0) return untilCancelled(input, running, cancelled);
      await eventually(
        async () => running.size,
        (size) => size === 1,
      );
      throw ApplicationFailure.nonRetryable('The training diverged.', 'TrainingDiverged');
    };
    await harness.withWorker({ trainShard }, async (start) => {
      await assert.rejects((await start('train', twoWorkers)).result(), (error: WorkflowFailedError) =>
        /The training diverged/.test(String(error.cause)),
      );
      await eventually(
        async () => cancelled,
        (steps) => steps.length === 1,
      );
      assert.deepEqual(cancelled, [0]);
    });
  });

  it('waits while the disk is full for one shard, says so, and goes on', async () => {
    let full = 1;
    const trainShard: typeof scripted.trainShard = async (input) => {
      if (input.fromStep === 10 && full-- > 0)
        throw ApplicationFailure.nonRetryable('The disk is full.', 'StorageFull');
      return scripted.trainShard(input);
    };
    await harness.withWorker({ trainShard }, async (start) => {
      const handle = await start('train', twoWorkers);
      const waiting = await eventually(
        () => handle.query<Progress>('progress'),
        ({ state }) => state === 'paused',
      );
      assert.deepEqual(
        [waiting.pauseKind, waiting.pauseReason],
        ['storage', 'The disk is full; trying again in 5 s'],
      );
      assert.equal(((await handle.result()) as TrainResult).steps, 30);
    });
  });

  it('pauses between two rounds', async () => {
    const { promise: paused, resolve: goOn } = Promise.withResolvers<void>();
    const rounds: number[] = [];
    const trainShard: typeof scripted.trainShard = async (input) => {
      rounds.push(input.round?.fromStep ?? -1);
      await paused;
      return scripted.trainShard(input);
    };
    await harness.withWorker({ trainShard }, async (start) => {
      const handle = await start('train', twoWorkers);
      await eventually(
        async () => rounds.length,
        (begun) => begun === 2,
      );
      await handle.executeUpdate('pause');
      goOn();
      await eventually(
        () => handle.query<Progress>('progress'),
        ({ stages }) => stages[0]?.done === 20,
      );
      assert.deepEqual(rounds, [0, 0]);
      await handle.executeUpdate('resume');
      await handle.result();
      assert.deepEqual(rounds, [0, 0, 20, 20]);
    });
  });
});

/** A shard that trains until it is cancelled, and notes that it was. */
async function untilCancelled(
  { fromStep }: TrainShardInput,
  running: Set<number>,
  cancelled: number[],
): Promise<never> {
  running.add(fromStep);
  const context = Context.current();
  const beating = setInterval(() => context.heartbeat(), 100);
  try {
    return await context.cancelled;
  } catch (error) {
    cancelled.push(fromStep);
    throw error;
  } finally {
    clearInterval(beating);
  }
}
