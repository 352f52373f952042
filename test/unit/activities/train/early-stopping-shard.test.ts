import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../activities/attempt.ts';
import { readState } from '../../../../activities/train/checkpoint/checkpoint.ts';
import { identityDigest } from '../../../../activities/train/checkpoint/identity.ts';
import { measureLoss } from '../../../../activities/train/measure-loss.ts';
import { gatherMetrics } from '../../../../activities/train/metrics.ts';
import { trainShard } from '../../../../activities/train/shard.ts';
import type { TrainingSettings, TrainShardInput } from '../../../../workflows/contracts/train-activities.ts';
import { writeTokens } from '../tokenize/write-tokens.ts';
import { heldOutTokens, killAt, shardInput, type Training, tinyTraining } from './tiny-training.ts';
import { settings } from './training-settings.ts';

const overfitting: TrainingSettings = {
  ...settings,
  epochs: 8,
  learningRate: 3e-2,
  evaluateEverySteps: 3,
  patience: 2,
  checkpointEverySteps: 4,
};

describe('training with early stopping', () => {
  it('ends when held-out loss no longer falls, says why, and keeps the best checkpoint', async (test) => {
    const training = await tinyTraining(test);
    const input = await withHeldOut(training, overfitting, 'run');
    const result = await trainShard(input, training, unwatched, 1);
    const { best } = result;
    assert.ok(best);
    assert.equal(result.step, best.step + 2 * 3, 'two measurements after the best');
    assert.ok(result.step < input.toStep);
    assert.match(
      result.stoppedEarly ?? '',
      new RegExp(`^held-out loss has not fallen below \\d+\\.\\d{4} of step ${best.step} in 2 measurements$`),
    );

    const measured = await measureLoss(
      { model: input.model, checkpoint: best.checkpoint, tokens: input.heldOutTokens },
      training,
      unwatched,
    );
    assert.ok(Math.abs(measured.loss - best.loss) < 1e-6, `${measured.loss} and ${best.loss}`);

    const { identity, heldOut } = await readState(await training.store.open(result.checkpoint));
    assert.deepEqual(heldOut, { best: { step: best.step, loss: best.loss }, withoutImprovement: 2 });
    const metrics = await gatherMetrics(
      training.store,
      { run: 'run', identity: identityDigest(identity) },
      99,
    );
    const steps = metrics.filter(({ heldOutLoss }) => heldOutLoss !== null).map(({ step }) => step + 1);
    assert.deepEqual(
      steps,
      Array.from({ length: result.step / 3 }, (_, index) => 3 * (index + 1)),
    );
    assert.equal(result.figures?.heldOutLoss, metrics.at(-1)?.heldOutLoss);
  });

  it('comes to the same decision after a kill, and for a finished attempt that is asked again', async (test) => {
    const straight = await tinyTraining(test);
    const expected = await trainShard(
      await withHeldOut(straight, overfitting, 'run'),
      straight,
      unwatched,
      1,
    );

    const training = await tinyTraining(test);
    const input = await withHeldOut(training, overfitting, 'run');
    await assert.rejects(trainShard(input, training, killAt(expected.step - 1, []), 1));
    const resumed = await trainShard(input, training, unwatched, 2);
    assert.equal(resumed.checkpoint.sha256, expected.checkpoint.sha256);
    assert.deepEqual(resumed.best, expected.best);
    assert.equal(resumed.stoppedEarly, expected.stoppedEarly);

    assert.deepEqual(await trainShard(input, training, unwatched, 3), resumed);
  });

  it('says so again of a shard that ends with the step at which patience was used up', async (test) => {
    const training = await tinyTraining(test);
    const input = await withHeldOut(training, overfitting, 'run');
    const { step } = await trainShard(input, training, unwatched, 1);
    const exactly = { ...(await withHeldOut(training, overfitting, 'exactly')), toStep: step };
    const first = await trainShard(exactly, training, unwatched, 1);
    assert.match(first.stoppedEarly ?? '', /held-out loss has not fallen/);
    assert.deepEqual(await trainShard(exactly, training, unwatched, 2), first);
  });

  it('decides as well where shards end between two measurements', async (test) => {
    const training = await tinyTraining(test);
    const whole = await trainShard(await withHeldOut(training, overfitting, 'run'), training, unwatched, 1);
    const input = await withHeldOut(training, overfitting, 'cut');
    const first = await trainShard({ ...input, toStep: 5 }, training, unwatched, 1);
    const rest = { ...input, fromStep: 5, checkpoint: first.checkpoint, best: first.best ?? null };
    const second = await trainShard(rest, training, unwatched, 1);
    assert.equal(second.checkpoint.sha256, whole.checkpoint.sha256);
    assert.deepEqual(second.best, whole.best);
    assert.equal(second.stoppedEarly, whole.stoppedEarly);
  });

  it('never ends without patience, and still knows the best', async (test) => {
    const training = await tinyTraining(test);
    const patient = { ...overfitting, epochs: 3, patience: null };
    const result = await trainShard(await withHeldOut(training, patient, 'run'), training, unwatched, 1);
    assert.equal(result.step, 15);
    assert.equal(result.stoppedEarly, null);
    assert.ok((result.best?.step ?? 99) < 15);
  });

  it('is refused where no held-out row has a target', async (test) => {
    const training = await tinyTraining(test);
    const path = `${training.store.root}/empty.parquet`;
    await writeTokens(path, []);
    const empty = await training.store.take('tokens', path, { madeBy: 'test' });
    const input = { ...(await shardInput(training, overfitting, 'run')), heldOutTokens: empty };
    await assert.rejects(trainShard(input, training, unwatched, 1), {
      code: 'InvalidInput',
      message: /There is no held-out loss to measure every so often: the 0 held-out rows have no target/,
    });
  });
});

async function withHeldOut(
  training: Training,
  settings: TrainingSettings,
  run: string,
): Promise<TrainShardInput & { heldOutTokens: TrainShardInput['tokens'] }> {
  return { ...(await shardInput(training, settings, run)), heldOutTokens: await heldOutTokens(training) };
}
