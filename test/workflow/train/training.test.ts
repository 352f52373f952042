import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { signalling } from '../../../activities/train/process/signalling.ts';
import type { Progress } from '../../../workflows/contracts/progress.ts';
import type { TrainingFigures, TrainResult } from '../../../workflows/contracts/train.ts';
import { eventually, type Harness } from '../harness.ts';
import { reference, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

const figures: TrainingFigures = {
  step: 7,
  loss: 4.25,
  learningRate: 2e-3,
  gradientNorm: 0.5,
  tokensPerSecond: 1200,
  memoryBytes: 400 * 2 ** 20,
  peakMemoryBytes: 512 * 2 ** 20,
  heldOutLoss: 4.5,
};
const best = { step: 9, loss: 3.5, checkpoint: reference('checkpoint', 9) };

describe('the train workflow', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('starts no shard after one that stopped early, and says why', async () => {
    const shards: number[] = [];
    const trainShard: typeof scripted.trainShard = async (input) => {
      shards.push(input.fromStep);
      const stoppedEarly = 'held-out loss has not fallen';
      return { ...(await scripted.trainShard(input)), step: 12, best, stoppedEarly, figures };
    };
    await harness.withWorker({ trainShard }, async (start) => {
      const handle = await start('train', { evaluateEverySteps: 3, patience: 1 });
      const result = (await handle.result()) as TrainResult;
      assert.deepEqual(shards, [0]);
      const { steps, stoppedEarly, peakMemoryBytes } = result;
      assert.deepEqual(
        { steps, stoppedEarly, peakMemoryBytes, best: result.best },
        {
          steps: 12,
          stoppedEarly: 'held-out loss has not fallen',
          peakMemoryBytes: figures.peakMemoryBytes,
          best,
        },
      );
    });
  });

  it('ends by a failure of its own where a plan has no step, and does not try its task for ever', async () => {
    const planTraining: typeof scripted.planTraining = async (input) => ({
      ...(await scripted.planTraining(input)),
      ...{ totalSteps: 0, boundaries: [0] },
    });
    await harness.withWorker({ planTraining }, async (start) => {
      await assert.rejects((await start('train')).result(), (error: Error) => {
        assert.ok(error.cause instanceof ApplicationFailure);
        const { type, message, nonRetryable } = error.cause;
        assert.deepEqual(
          [type, message, nonRetryable],
          ['Defect', 'a batch plan has at least one shard.', true],
        );
        return true;
      });
    });
  });

  it('exports the best checkpoint where that is asked for, with the metrics of all steps', async () => {
    const exported: unknown[] = [];
    const measured: unknown[] = [];
    const given: unknown[] = [];
    const script: Partial<typeof scripted> = {
      trainShard: async (input) => {
        given.push([input.heldOutTokens?.rows, input.best]);
        return { ...(await scripted.trainShard(input)), best, stoppedEarly: null };
      },
      measureLoss: async (input) => {
        measured.push(input.checkpoint?.rows ?? null);
        return scripted.measureLoss(input);
      },
      exportModel: async (input) => {
        exported.push([input.checkpoint, input.steps]);
        return scripted.exportModel(input);
      },
    };
    await harness.withWorker(script, async (start) => {
      const result = (await (
        await start('train', { evaluateEverySteps: 3, exportBest: true })
      ).result()) as TrainResult;
      assert.deepEqual(exported, [[best.checkpoint, 30]]);
      assert.deepEqual(measured, [null, 9]);
      assert.deepEqual(given, [
        [10, null],
        [10, best],
      ]);
      assert.deepEqual([result.checkpoint, result.steps], [best.checkpoint, 30]);
    });
  });

  it('goes on from another run’s checkpoint: shards that it has behind it are left out', async () => {
    const shards: unknown[] = [];
    const checkpoint = reference('checkpoint', 20);
    const script: Partial<typeof scripted> = {
      planTraining: async (input) => ({
        ...(await scripted.planTraining(input)),
        start: { checkpoint, step: 20 },
      }),
      trainShard: async (input) => {
        shards.push([input.fromStep, input.toStep, input.checkpoint?.rows]);
        return scripted.trainShard(input);
      },
    };
    await harness.withWorker(script, async (start) => {
      await (await start('train', { continueFrom: checkpoint.uri })).result();
      assert.deepEqual(shards, [[15, 30, 20]]);
    });
  });

  it('waits while the disk is full for the tokens too, where it makes them itself', async () => {
    let full = 1;
    const tokenizeRows: typeof scripted.tokenizeRows = async (input) => {
      if (full-- > 0) throw ApplicationFailure.nonRetryable('The disk is full.', 'StorageFull');
      return scripted.tokenizeRows(input);
    };
    await harness.withWorker({ tokenizeRows }, async (start) => {
      const handle = await start('train');
      const { pauseKind } = await eventually(
        () => handle.query<Progress>('progress'),
        ({ state }) => state === 'paused',
      );
      assert.equal(pauseKind, 'storage');
      assert.equal(((await handle.result()) as TrainResult).steps, 30);
    });
  });

  it('answers the progress query with the latest step in the midst of a shard, and so does its run once told', async () => {
    const { promise: asked, resolve: goOn } = Promise.withResolvers<void>();
    const trainShard: typeof scripted.trainShard = async (input) => {
      const attempt = signalling({ signal: Context.current().cancellationSignal, report() {} }, 30);
      attempt.report({ done: 7, total: 15, unit: 'steps', figures });
      await asked;
      return scripted.trainShard(input);
    };
    await harness.withWorker({ trainShard }, async (start) => {
      const handle = await start('alpaca');
      const child = harness.environment.client.workflow.getHandle(`${handle.workflowId}/train`);
      await eventually(
        () => child.query<Progress>('progress').catch(() => null),
        (of) => of?.training !== undefined,
      );
      // A child tells its run now and then, and at once where a person has changed something.
      await handle.executeUpdate('pause');
      const answer = await handle.query<Progress>('progress');
      await handle.executeUpdate('resume');
      goOn();
      assert.deepEqual(answer.training, figures);
      assert.deepEqual(
        answer.stages.find(({ name }) => name === 'train'),
        {
          ...answer.stages.find(({ name }) => name === 'train'),
          done: 7,
          total: 30,
          note: 'epoch 1 of 3, loss 4.250, held-out loss 4.500, learning rate 2.00e-3, gradient norm 0.50, 1200 tokens a second, 400 MiB, at most 512 MiB',
        },
      );
      await handle.result();
    });
  });
});
