import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { Context } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { gatherByWorkflow } from '../../../activities/train/process/signalling.ts';
import type { Progress } from '../../../workflows/contracts/progress.ts';
import type { NodeOfShard, NodePlace } from '../../../workflows/contracts/train/nodes.ts';
import type { TrainResult } from '../../../workflows/contracts/train.ts';
import type { TrainShardInput } from '../../../workflows/contracts/train-activities.ts';
import { eventually, type Harness } from '../harness.ts';
import { type Script, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

/** The 30 steps of the scripted plan: a round of 10 and 10, and one of 5 and 5. */
const twoWorkers = { workers: 2, roundSteps: 10 };

let harness: Harness;
before(async () => {
  harness = await sharedHarness();
});

describe('a round that is interrupted', () => {
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

/** The scripted plan's two shards, each by two workers at once. */
const twoNodes = { engine: 'torchrun', nodes: 2, gatherSeconds: 1 };

describe('a shard on several GPU workers', () => {
  it('has each told where the first is and what it goes on from, and ends with the first', async () => {
    const told: unknown[] = [];
    const gather = async ({ node, fromStep, checkpoint }: TrainShardInput) => {
      if (!node) return;
      const found = await gatherByWorkflow({ ...placeOf(node), checkpoint });
      told.push([node.group, node.node, fromStep, found.port, found.checkpoint?.rows]);
    };
    const script: Partial<Script> = {
      async trainShard(input) {
        await gather(input);
        return scripted.trainShard(input);
      },
      joinShard: gather,
    };
    await harness.withWorker(script, async (start) => {
      assert.equal(((await (await start('train', twoNodes)).result()) as TrainResult).steps, 30);
    });
    assert.deepEqual(told.sort(), [
      [0, 0, 0, 1000, undefined],
      [0, 1, 0, 1000, undefined],
      [1, 0, 15, 1000, 15],
      [1, 1, 15, 1000, 15],
    ]);
  });

  it('lets all go and gathers them anew where one is lost', async () => {
    const begun: string[] = [];
    const cancelled: number[] = [];
    const script: Partial<Script> = {
      async trainShard(input) {
        begun.push(`first of try ${input.node?.group}`);
        if (input.node) await gatherByWorkflow(placeOf(input.node));
        return input.node?.group === 0
          ? untilCancelled(input, new Set(), cancelled)
          : scripted.trainShard(input);
      },
      async joinShard({ node }) {
        begun.push(`second of try ${node?.group}`);
        if (node) await gatherByWorkflow(placeOf(node));
        if (node?.group === 0) throw ApplicationFailure.retryable('The training died.', 'ProcessDied');
      },
    };
    await harness.withWorker(script, async (start) => {
      const handle = await start('train', twoNodes);
      const waiting = await eventually(
        () => handle.query<Progress>('progress'),
        ({ state }) => state === 'paused',
      );
      assert.equal(waiting.pauseReason, 'The training died; trying again in 5 s');
      assert.deepEqual(cancelled, [0], 'the other was let go before the wait');
      await handle.executeUpdate('resume');
      assert.equal(((await handle.result()) as TrainResult).steps, 30);
    });
    assert.deepEqual(
      begun.sort(),
      ['first', 'second'].flatMap((node) => [0, 1, 2].map((group) => `${node} of try ${group}`)),
    );
  });

  it('lets those go that are there where not all come in time, and says how many came', async () => {
    const cancelled: number[] = [];
    const script: Partial<Script> = {
      async trainShard(input) {
        if (input.node?.group === 0) {
          void gatherByWorkflow(placeOf(input.node)).catch(() => {});
          return untilCancelled(input, new Set(), cancelled);
        }
        return scripted.trainShard(input);
      },
      async joinShard(input) {
        if (input.node?.group === 0) await untilCancelled(input, new Set(), cancelled);
      },
    };
    await harness.withWorker(script, async (start) => {
      const handle = await start('train', twoNodes);
      const waiting = await eventually(
        () => handle.query<Progress>('progress'),
        ({ state }) => state === 'paused',
      );
      assert.equal(waiting.pauseReason, '1 of 2 GPU workers came in 1 s; trying again in 5 s');
      assert.deepEqual(cancelled, [0, 0]);
      await handle.executeUpdate('resume');
      assert.equal(((await handle.result()) as TrainResult).steps, 30);
    });
  });
});

/** The address of a node that nobody reaches. */
function placeOf({ group, node }: NodeOfShard): NodePlace {
  return { group, node, address: '10.0.0.1', port: 1000 + node, checkpoint: null, bestStep: null };
}

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
