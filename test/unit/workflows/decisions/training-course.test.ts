import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TrainActivities } from '../../../../workflows/contracts/train-activities.ts';
import {
  type CarriedTraining,
  carriedTraining,
} from '../../../../workflows/decisions/train/carried-training.ts';
import { runTraining, type TrainingDriver } from '../../../../workflows/decisions/training-course.ts';
import { reference, scripted } from '../../../workflow/scripted-activities.ts';
import { settings } from '../../activities/train/training-settings.ts';

const training = {
  settings,
  run: 'run-1',
  model: reference('model', 5),
  tokens: reference('tokens', 90),
  heldOutTokens: reference('tokens', 10),
  addedTokens: [],
};
const best = { step: 10, loss: 3.5, checkpoint: reference('checkpoint', 10, 'best') };

/** A driver whose hooks and activities leave a line each. The plan has 30 steps, in shards of 15. */
function recording(lines: string[], change: Partial<TrainActivities> = {}): TrainingDriver<number> {
  return {
    activities(summary) {
      lines.push(summary);
      return { ...scripted, ...change };
    },
    shards: (works) => Promise.all(works.map(async (work) => ({ done: await work() }))),
    planned: (totalSteps) => void lines.push(`- ${totalSteps} steps`),
    measuredBefore: async (loss) => void lines.push(`- loss ${loss}`),
    between: async () => void lines.push('- may it go on'),
    beginRound: async (round, { number, of }) =>
      void lines.push(`- round ${number} of ${of} from ${round.fromStep}`),
    took: async ({ step }) => void lines.push(`- at ${step}`),
  };
}

describe('the course of a training', () => {
  it('is this with one worker', async () => {
    const lines: string[] = [];
    const result = await runTraining(training, recording(lines));
    assert.deepEqual(lines, [
      'plan the batches',
      '- 30 steps',
      'held-out loss before training',
      '- loss 8',
      '- may it go on',
      'shard 1 of 2: steps 0 to 14',
      '- at 15',
      '- may it go on',
      'shard 2 of 2: steps 15 to 29',
      '- at 30',
      'held-out loss after training',
      'write the model folder',
    ]);
    assert.deepEqual(result, {
      model: reference('model', 6, 'trained'),
      adapter: null,
      metrics: reference('metrics', 30),
      tensorBoard: reference('metrics', 30, 'events'),
      rounds: null,
      checkpoint: reference('checkpoint', 30),
      steps: 30,
      ...{ learningRate: 0.002, warning: null },
      best: null,
      stoppedEarly: null,
      peakMemoryBytes: null,
      parameters: 1000,
      loss: { before: 8, after: 3 },
    });
  });

  it('is this with several workers: a round’s shards, and then their merge', async () => {
    const lines: string[] = [];
    const given: unknown[] = [];
    const several = { ...training, settings: { ...settings, workers: 2, roundSteps: 10 } };
    const { checkpoint } = await runTraining(
      several,
      recording(lines, {
        trainShard: async (input) => {
          given.push([input.fromStep, input.checkpoint, input.round]);
          return scripted.trainShard(input);
        },
        mergeShards: async (input) => {
          given.push([input.shards, input.checkpoint, input.best]);
          return scripted.mergeShards(input);
        },
      }),
    );
    assert.deepEqual(lines.slice(4, -2), [
      '- may it go on',
      '- round 1 of 2 from 0',
      'round 1 of 2, shard 1 of 2: steps 0 to 9',
      'round 1 of 2, shard 2 of 2: steps 10 to 19',
      'round 1 of 2: merge 2 shards',
      '- at 20',
      '- may it go on',
      '- round 2 of 2 from 20',
      'round 2 of 2, shard 1 of 2: steps 20 to 24',
      'round 2 of 2, shard 2 of 2: steps 25 to 29',
      'round 2 of 2: merge 2 shards',
      '- at 30',
    ]);
    const [first, second] = [
      { fromStep: 0, toStep: 20, shards: 2 },
      { fromStep: 20, toStep: 30, shards: 2 },
    ];
    const merged = reference('checkpoint', 20, 'merged');
    assert.deepEqual(given, [
      [0, null, first],
      [10, null, first],
      [[reference('checkpoint', 10).uri, reference('checkpoint', 20).uri], null, null],
      [20, merged, second],
      [25, merged, second],
      [[reference('checkpoint', 25).uri, reference('checkpoint', 30).uri], merged, null],
    ]);
    assert.deepEqual(checkpoint, reference('checkpoint', 30, 'merged'));
  });

  it('ends where patience is used up, and measures and exports the best with the metrics of all steps', async () => {
    const lines: string[] = [];
    const given: unknown[] = [];
    const { steps, stoppedEarly, checkpoint } = await runTraining(
      { ...training, settings: { ...settings, evaluateEverySteps: 5, patience: 1, exportBest: true } },
      recording(lines, {
        trainShard: async (input) => {
          given.push([input.heldOutTokens, input.best]);
          return { ...(await scripted.trainShard(input)), best, stoppedEarly: 'it has not fallen' };
        },
        measureLoss: async (input) => {
          given.push(input.checkpoint);
          return scripted.measureLoss(input);
        },
        exportModel: async (input) => {
          given.push([input.checkpoint, input.steps]);
          return scripted.exportModel(input);
        },
      }),
    );
    assert.deepEqual(lines.slice(5), [
      'shard 1 of 2: steps 0 to 14',
      '- at 15',
      'held-out loss after training',
      'write the model folder',
    ]);
    assert.deepEqual(given, [null, [training.heldOutTokens, null], best.checkpoint, [best.checkpoint, 15]]);
    assert.deepEqual([steps, stoppedEarly, checkpoint], [15, 'it has not fallen', best.checkpoint]);
  });

  it('ends with the last checkpoint where the best is not asked for, or none was measured', async () => {
    const exported = async (exportBest: boolean, measured: typeof best | null) => {
      const trainShard: TrainActivities['trainShard'] = async (input) => ({
        ...(await scripted.trainShard(input)),
        best: measured,
      });
      const course = { ...training, settings: { ...settings, exportBest } };
      return (await runTraining(course, recording([], { trainShard }))).checkpoint;
    };
    assert.deepEqual(await exported(false, best), reference('checkpoint', 30));
    assert.deepEqual(await exported(true, null), reference('checkpoint', 30));
  });

  it('gives the plan and each shard what they work on', async () => {
    const given: unknown[] = [];
    const { model, tokens, run } = training;
    const addedTokens = ['<pad>'];
    await runTraining(
      { ...training, addedTokens },
      recording([], {
        planTraining: async (input) => {
          given.push(input);
          return scripted.planTraining(input);
        },
        trainShard: async (input) => {
          given.push(input);
          return scripted.trainShard(input);
        },
      }),
    );
    const shard = {
      ...{ settings, run, model, tokens, addedTokens, plan: reference('plan', 30), totalSteps: 30 },
      ...{ heldOutTokens: null, best: null, round: null, record: null },
    };
    assert.deepEqual(given, [
      { settings, model, tokens, addedTokens },
      { ...shard, checkpoint: null, fromStep: 0, toStep: 15 },
      { ...shard, checkpoint: reference('checkpoint', 15), fromStep: 15, toStep: 30 },
    ]);
  });

  it('needs no driver that listens, in rounds neither', async () => {
    const { activities, shards } = recording([]);
    const several = { ...training, settings: { ...settings, workers: 2, roundSteps: 10 } };
    assert.equal((await runTraining(several, { activities, shards })).steps, 30);
  });

  it('gives a shard no held-out rows where they are not measured on the way', async () => {
    let shards = 0;
    const trainShard: TrainActivities['trainShard'] = async (input) => {
      shards += 1;
      assert.equal(input.heldOutTokens, null);
      return scripted.trainShard(input);
    };
    await runTraining(training, recording([], { trainShard }));
    assert.equal(shards, 2);
  });

  it('begins at the checkpoint of another run, and leaves out what that has behind it', async () => {
    const lines: string[] = [];
    const checkpoint = reference('checkpoint', 20);
    const start = { checkpoint, step: 20 };
    const planTraining: TrainActivities['planTraining'] = async (input) => ({
      ...(await scripted.planTraining(input)),
      start,
    });
    await runTraining(training, recording(lines, { planTraining }));
    assert.deepEqual(lines.slice(4, -2), ['- may it go on', 'shard 2 of 2: steps 15 to 29', '- at 30']);
    lines.length = 0;
    start.step = 15;
    await runTraining(training, recording(lines, { planTraining }));
    assert.deepEqual(lines.slice(4, -2), ['- may it go on', 'shard 2 of 2: steps 15 to 29', '- at 30']);
  });

  it('computes nothing where the driver refuses the plan', async () => {
    const lines: string[] = [];
    const driver = recording(lines);
    const planned = () => {
      throw new RangeError('too many rounds');
    };
    await assert.rejects(runTraining(training, { ...driver, planned }), /too many rounds/);
    assert.deepEqual(lines, ['plan the batches']);
  });

  it('goes on where another run of the driver has left it, with what each worker has left', async () => {
    const several = { ...training, settings: { ...settings, workers: 2, roundSteps: 5 } };
    const record = reference('worker-record', 1);
    const given: unknown[] = [];
    const change: Partial<TrainActivities> = {
      trainShard: async (input) => {
        given.push([input.fromStep, input.checkpoint?.uri, input.record]);
        return { ...(await scripted.trainShard(input)), record };
      },
    };
    let handedOver: CarriedTraining | undefined;
    const full: TrainingDriver<number> = {
      ...recording([], change),
      isFull: () => given.length > 0,
      async goOnAnew(carried) {
        handedOver = carriedTraining.parse(JSON.parse(JSON.stringify(carried)));
        throw new RangeError('to be gone on with');
      },
    };
    await assert.rejects(runTraining(several, full), /to be gone on with/);
    assert.ok(handedOver);
    assert.deepEqual(
      [handedOver.before, handedOver.soFar.step, handedOver.rounds?.merged, handedOver.rounds?.records],
      [8, 10, 1, [record, record]],
    );
    const lines: string[] = [];
    const { steps } = await runTraining(several, recording(lines, change), { ...handedOver, before: 8 });
    assert.equal(steps, 30);
    const merged = reference('checkpoint', 10, 'merged').uri;
    assert.deepEqual(given.slice(0, 4), [
      [0, undefined, null],
      [5, undefined, null],
      [10, merged, record],
      [15, merged, record],
    ]);
    assert.deepEqual(lines.slice(0, 5), [
      '- 30 steps',
      '- loss 8',
      '- may it go on',
      '- round 2 of 3 from 10',
      'round 2 of 3, shard 1 of 2: steps 10 to 14',
    ]);
  });

  it('tells the memory of the last shard, whatever those before it took', async () => {
    const trainShard: TrainActivities['trainShard'] = async (input) => {
      const { fromStep: step } = input;
      const figures = {
        step,
        loss: 1,
        learningRate: 0,
        gradientNorm: 1,
        tokensPerSecond: 1,
        heldOutLoss: null,
      };
      const memory = { memoryBytes: 1, peakMemoryBytes: step === 0 ? 900 : 700 };
      return { ...(await scripted.trainShard(input)), figures: { ...figures, ...memory } };
    };
    const { activities, shards } = recording([], { trainShard });
    const { peakMemoryBytes } = await runTraining(training, { activities, shards });
    assert.equal(peakMemoryBytes, 700);
  });
});
