import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Attempt } from '../../../../../activities/attempt.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import type { StepProgress } from '../../../../../workflows/contracts/progress.ts';
import type { TrainingSettings } from '../../../../../workflows/contracts/train-activities.ts';
import {
  heldOutTokens,
  shardInput,
  type Training,
  tinyTraining,
  trainAll,
  watched,
} from '../tiny-training.ts';
import { settings } from '../training-settings.ts';
import type { Hang } from './hanging-disk.ts';
import { beganAt, randomStops, stoppedAt, trainUnderStops } from './stopping.ts';

const LONG_ENOUGH_MS = 60_000;
/** Ten steps of one shard, and no checkpoint on the way. */
const sparing: TrainingSettings = { ...settings, checkpointEverySteps: 100 };

/** The long version is in stopping.long.ts. */
describe('a training that is told to stop', () => {
  it('saves the step that it is at, far from a checkpoint, and goes on from it', async (test) => {
    const longer = { ...sparing, epochs: 3 };
    const straight = await trainAll(await tinyTraining(test), longer, 'run');
    const training = await patientTraining(test);
    const input = await shardInput(training, longer, 'run');
    const result = await trainUnderStops(input, training, [
      { afterSteps: 4, inStep: false },
      ...randomStops(5, 2),
    ]);
    assert.equal(result.step, 15);
    assert.equal(result.checkpoint.sha256, straight.sha256);
    assert.deepEqual(await readdir(join(training.store.root, 'work')), [], 'nothing half-written is left');
  });

  it('makes no second checkpoint where it has just made one', async (test) => {
    const training = await patientTraining(test);
    const input = await shardInput(training, { ...settings, keepCheckpoints: 9 }, 'run');
    const reports: StepProgress[] = [];
    const attempt = stoppedAt({ afterSteps: 3, inStep: false }, reports);
    await assert.rejects(trainShard(input, training, attempt, 1), { message: 'the worker stops' });
    assert.deepEqual(savedSteps(reports), [3]);

    const again: StepProgress[] = [];
    const stopping = trainShard(input, training, stoppedAt({ afterSteps: 3, inStep: false }, again), 2);
    await assert.rejects(stopping, { message: 'the worker stops' });
    assert.deepEqual(savedSteps(again), [6]);
  });

  it('saves nothing before its first step', async (test) => {
    const training = await patientTraining(test);
    const reports: StepProgress[] = [];
    const attempt = stoppedAtNote('loaded', reports);
    const trained = trainShard(await shardInput(training, sparing, 'run'), training, attempt, 1);
    await assert.rejects(trained, { message: 'the worker stops' });
    assert.deepEqual(
      reports.map(({ note }) => note),
      ['loaded'],
    );
  });

  it('gives the result where the shard is done with the step that it is at', async (test) => {
    const straight = await trainAll(await tinyTraining(test), sparing, 'run');
    const training = await patientTraining(test);
    const input = await shardInput(training, sparing, 'run');
    const attempt = stoppedAt({ afterSteps: 10, inStep: false }, []);
    assert.equal((await trainShard(input, training, attempt, 1)).checkpoint.sha256, straight.sha256);
  });

  it('goes on with the same decisions where held-out loss is measured', async (test) => {
    const measuring = { ...sparing, evaluateEverySteps: 2, patience: 2 };
    const straight = await tinyTraining(test);
    const withHeldOut = async (training: Training) => ({
      ...(await shardInput(training, measuring, 'run')),
      heldOutTokens: await heldOutTokens(training),
    });
    const expected = await trainUnderStops(await withHeldOut(straight), straight, []);
    const training = await patientTraining(test);
    const stops = [1, 1].map((afterSteps) => ({ afterSteps, inStep: false }));
    const result = await trainUnderStops(await withHeldOut(training), training, stops);
    assert.equal(result.checkpoint.sha256, expected.checkpoint.sha256);
    assert.deepEqual([result.best, result.stoppedEarly], [expected.best, expected.stoppedEarly]);
  });

  it('is killed where saving takes too long, and what was saved before stands', async (test) => {
    const straight = await trainAll(await tinyTraining(test), settings, 'run');
    const training = { ...(await tinyTraining(test)), saveWithinMs: 2000 };
    const input = await shardInput(training, settings, 'run');
    const hang: Hang = { save: 2, at: 'weights', mark: join(training.store.root, 'hangs') };
    process.env.NODE_OPTIONS = `--import ${new URL('./hanging-disk.ts', import.meta.url)}`;
    process.env.ALPACA_TEST_HANG = JSON.stringify(hang);
    const attempt = stoppedAt({ afterSteps: 4, inStep: false }, []);
    try {
      await assert.rejects(trainShard(input, training, attempt, 1), { message: 'the worker stops' });
    } finally {
      delete process.env.NODE_OPTIONS;
      delete process.env.ALPACA_TEST_HANG;
    }
    const resumed: StepProgress[] = [];
    const result = await trainShard(input, training, watched(resumed), 2);
    assert.equal(beganAt(resumed), 3);
    assert.equal(result.checkpoint.sha256, straight.sha256);
  });
});

async function patientTraining(test: TestContext): Promise<Training> {
  return { ...(await tinyTraining(test)), saveWithinMs: LONG_ENOUGH_MS };
}

/** Told to stop while the training process waits until this report is dealt with. */
function stoppedAtNote(note: string, reports: StepProgress[]): Attempt {
  const worker = new AbortController();
  const attempt = watched(reports, worker.signal);
  return {
    ...attempt,
    report(progress) {
      attempt.report(progress);
      if (progress.note === note) worker.abort(new Error('the worker stops'));
    },
  };
}

function savedSteps(reports: readonly StepProgress[]): number[] {
  return reports.flatMap(({ note, done }) => (note === 'checkpoint saved' ? [done] : []));
}
