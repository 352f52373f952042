import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { signalling } from '../../../activities/train/process/signalling.ts';
import type { AlpacaResult } from '../../../workflows/contracts/pipeline.ts';
import type { Progress } from '../../../workflows/contracts/progress.ts';
import type { TrainResult } from '../../../workflows/contracts/train.ts';
import type { MergeShardsInput, TrainShardInput } from '../../../workflows/contracts/train-activities.ts';
import { eventually, type Harness } from '../harness.ts';
import { reference, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

/** The 30 steps of the scripted plan: a round of 10 and 10, and one of 5 and 5. */
const twoWorkers = { workers: 2, roundSteps: 10 };

describe('the train workflow with several workers', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('trains the shards of a round at once, tries one again, and merges once a round', async () => {
    const { promise: bothRun, resolve: secondRuns } = Promise.withResolvers<void>();
    const shards: unknown[] = [];
    const merges: MergeShardsInput[] = [];
    const measured: (number | null)[] = [];
    await harness.withWorker(
      {
        trainShard: async (input) => {
          const { fromStep, toStep, round, checkpoint } = input;
          if (fromStep === 10) {
            secondRuns();
            if (Context.current().info.attempt === 1) throw new Error('this worker was lost');
          }
          // The first shard ends when the second has begun: one after the other would wait for ever.
          if (fromStep === 0) await bothRun;
          shards.push([fromStep, toStep, round?.fromStep, checkpoint?.rows ?? null]);
          return scripted.trainShard(input);
        },
        mergeShards: async (input) => {
          merges.push(input);
          return scripted.mergeShards(input);
        },
        measureLoss: async (input) => {
          measured.push(input.checkpoint?.rows ?? null);
          return scripted.measureLoss(input);
        },
      },
      async (start) => {
        const handle = await start('train', twoWorkers);
        const result = (await handle.result()) as TrainResult;
        assert.deepEqual(
          [...shards].sort((a, b) => Number((a as number[])[0]) - Number((b as number[])[0])),
          [
            [0, 10, 0, null],
            [10, 20, 0, null],
            [20, 25, 20, 20],
            [25, 30, 20, 20],
          ],
        );
        assert.deepEqual(
          merges.map(({ round, shards, checkpoint, run }) => ({ round, shards, checkpoint, run })),
          [
            {
              round: { fromStep: 0, toStep: 20, shards: 2 },
              shards: [reference('checkpoint', 10).uri, reference('checkpoint', 20).uri],
              checkpoint: null,
              run: handle.workflowId,
            },
            {
              round: { fromStep: 20, toStep: 30, shards: 2 },
              shards: [reference('checkpoint', 25).uri, reference('checkpoint', 30).uri],
              checkpoint: reference('checkpoint', 20, 'merged'),
              run: handle.workflowId,
            },
          ],
        );
        assert.deepEqual([result.steps, result.checkpoint], [30, reference('checkpoint', 30, 'merged')]);
        assert.deepEqual(measured, [null, 30]);
        assert.deepEqual(await summaries(handle), [
          'round 1 of 2, shard 1 of 2: steps 0 to 9',
          'round 1 of 2, shard 2 of 2: steps 10 to 19',
          'round 1 of 2: merge 2 shards',
          'round 2 of 2, shard 1 of 2: steps 20 to 24',
          'round 2 of 2, shard 2 of 2: steps 25 to 29',
          'round 2 of 2: merge 2 shards',
        ]);
      },
    );
  });

  it('is a part of a whole run, with its own settings', async () => {
    const merges: unknown[] = [];
    const mergeShards: typeof scripted.mergeShards = async (input) => {
      merges.push([input.round.toStep, input.settings.outer, input.settings.outerMomentum]);
      return scripted.mergeShards(input);
    };
    await harness.withWorker({ mergeShards }, async (start) => {
      const train = { workers: 3, roundSteps: 4, outer: 'nesterov', outerMomentum: 0.5 };
      const result = (await (await start('alpaca', { train })).result()) as AlpacaResult;
      assert.equal(result.train.steps, 30);
      assert.deepEqual(merges, [
        [12, 'nesterov', 0.5],
        [24, 'nesterov', 0.5],
        [30, 'nesterov', 0.5],
      ]);
    });
  });

  it('gives one worker’s shards no round', async () => {
    const inputs: TrainShardInput[] = [];
    const trainShard: typeof scripted.trainShard = async (input) => {
      inputs.push(input);
      return scripted.trainShard(input);
    };
    await harness.withWorker({ trainShard }, async (start) => {
      await (await start('train', { workers: 1, roundSteps: 3 })).result();
      assert.deepEqual(
        inputs.map(({ fromStep, round, heldOutTokens, best }) => ({ fromStep, round, heldOutTokens, best })),
        [0, 15].map((fromStep) => ({ fromStep, round: null, heldOutTokens: null, best: null })),
      );
    });
  });

  it('starts no round after one whose merge stopped early, and exports the best round', async () => {
    const best = { step: 20, loss: 3.5, checkpoint: reference('checkpoint', 20, 'best') };
    const given: unknown[] = [];
    const mergeShards: typeof scripted.mergeShards = async (input) => {
      given.push([input.heldOutTokens?.rows, input.best]);
      return { ...(await scripted.mergeShards(input)), best, stoppedEarly: 'it has not fallen' };
    };
    await harness.withWorker({ mergeShards }, async (start) => {
      const settings = { ...twoWorkers, evaluateEverySteps: 5, patience: 1, exportBest: true };
      const result = (await (await start('train', settings)).result()) as TrainResult;
      assert.deepEqual(given, [[10, null]]);
      assert.deepEqual([result.steps, result.stoppedEarly], [20, 'it has not fallen']);
      assert.deepEqual([result.checkpoint, result.best], [best.checkpoint, best]);
    });
  });

  it('counts the steps of all shards, and says which round it is', async () => {
    const { promise: asked, resolve: goOn } = Promise.withResolvers<void>();
    const trainShard: typeof scripted.trainShard = async (input) => {
      const attempt = signalling({ signal: Context.current().cancellationSignal, report() {} }, 30);
      const step = input.fromStep + 3;
      attempt.report({ done: 3, total: 10, unit: 'steps', figures: { ...figures, step } });
      await asked;
      return scripted.trainShard(input);
    };
    await harness.withWorker({ trainShard }, async (start) => {
      const handle = await start('train', twoWorkers);
      const answer = await eventually(
        () => handle.query<Progress>('progress'),
        ({ stages }) => stages[0]?.done === 6,
      ).finally(goOn);
      assert.deepEqual([answer.training?.step, answer.stages[0]?.total], [6, 30]);
      assert.match(answer.stages[0]?.note ?? '', /^round 1 of 2 in 2 shards, epoch 1 of 3, loss 4\.250, /);
      await handle.result();
    });
  });
});

const figures = {
  ...{ loss: 4.25, learningRate: 2e-3, gradientNorm: 0.5, tokensPerSecond: 1200 },
  ...{ memoryBytes: 400 * 2 ** 20, peakMemoryBytes: 512 * 2 ** 20, heldOutLoss: null },
};

/** What the Temporal UI shows beside the activities of rounds, in the order of their scheduling. */
async function summaries(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? [])
    .filter(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled)
    .map(({ userMetadata }) => JSON.parse(Buffer.from(userMetadata?.summary?.data ?? '""').toString()))
    .filter((summary) => /^round/.test(summary));
}
