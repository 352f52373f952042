import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { AlpacaError } from '../../../../../activities/errors.ts';
import { checkEngine } from '../../../../../activities/train/check-engine.ts';
import { exportModel } from '../../../../../activities/train/export-model.ts';
import { measureLoss } from '../../../../../activities/train/measure-loss.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import { NO_PROGRAMS } from '../../../../../activities/train/torchrun/torchrun.ts';
import type { StepProgress } from '../../../../../workflows/contracts/progress.ts';
import { missingTorch } from '../../../../python.ts';
import { heldOutTokens, shardInput, watched } from '../tiny-training.ts';
import { assertClose, metricsOf, processesOf, torch, torchTraining, trainedBy } from './torch-training.ts';

const missing = await missingTorch();

/** The long version is in torchrun.long.ts. */
describe('training by PyTorch on two processes', { skip: missing }, () => {
  it('has our losses at each step, and gives back a model that we read', async (test) => {
    const training = await torchTraining(test);
    const ours = await trainedBy(training, { epochs: 1 }, 'ours');
    const input = await shardInput(training, { ...torch, epochs: 1, checkpointEverySteps: 100 }, 'run');
    const reports: StepProgress[] = [];
    const { checkpoint } = await trainShard(input, training, watched(reports), 1);
    assertClose(await metricsOf(input, training), ours, 1e-3);
    assert.equal(reports.length, 7, 'loaded, 5 steps, saved');
    assert.deepEqual(await processesOf(input, training), { launcher: [], ranks: [] });

    const { model } = await exportModel({ run: 'run', model: input.model, checkpoint, steps: 5 }, training);
    const tokens = await heldOutTokens(training);
    const ofCheckpoint = await measureLoss({ model: input.model, checkpoint, tokens }, training, unwatched);
    const ofModel = await measureLoss({ model, checkpoint: null, tokens }, training, unwatched);
    assert.equal(ofModel.loss, ofCheckpoint.loss);
  });
});

describe('training by PyTorch', () => {
  it('without a Python that has it says how to get one', async (test) => {
    const training = await torchTraining(test);
    const input = await shardInput(training, torch, 'run');
    const saysHow = (error: unknown) =>
      error instanceof AlpacaError &&
      error.code === 'Configuration' &&
      error.message.includes('npx alpaca setup torch');
    await assert.rejects(trainShard(input, { ...training, programs: NO_PROGRAMS }, unwatched, 1), saysHow);
    await assert.rejects(checkEngine(torch, NO_PROGRAMS, unwatched), saysHow);
  });

  it('with one that lacks it says which, before there is anything to train on', async () => {
    const programs = { ...NO_PROGRAMS, python: '/bin/false' };
    await assert.rejects(checkEngine(torch, programs, unwatched), {
      code: 'Configuration',
      message: /^\/bin\/false cannot run the engine torchrun\. Name another in ALPACA_PYTHON/,
    });
  });
});
