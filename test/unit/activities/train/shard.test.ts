import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../activities/attempt.ts';
import { AlpacaError } from '../../../../activities/errors.ts';
import { readModel, readWeightsDtype } from '../../../../activities/model/folder/folder.ts';
import { writeModel } from '../../../../activities/model/folder/write-model.ts';
import { readCheckpoint } from '../../../../activities/train/checkpoint/checkpoint.ts';
import { exportModel } from '../../../../activities/train/export-model.ts';
import { measureLoss } from '../../../../activities/train/measure-loss.ts';
import { trainShard } from '../../../../activities/train/shard.ts';
import type { StepProgress } from '../../../../workflows/contracts/progress.ts';
import { killAt, shardInput, type Training, tinyTraining, trainAll, watched } from './tiny-training.ts';
import { settings } from './training-settings.ts';

describe('training in shards', () => {
  it('gives the same checkpoint for one shard, for four, and however often it saves', async (test) => {
    const training = await tinyTraining(test);
    const whole = await trainAll(training, { ...settings, epochs: 1 }, 'one');
    const cut = await trainAll(
      training,
      { ...settings, epochs: 1, shardsPerEpoch: 4, checkpointEverySteps: 1 },
      'four',
    );
    assert.equal(cut.sha256, whole.sha256);
  });

  it('leaves in what its base is in, f16 here, or in float32 where that is asked for', async (test) => {
    const training = await tinyTraining(test);
    const { store } = training;
    const base = await readModel(await store.open(training.model));
    await writeModel(join(store.root, 'half'), { ...base, from: null, dtype: 'float16' });
    const model = await store.take('model', join(store.root, 'half'), { madeBy: 'test' });
    const checkpoint = await trainAll({ ...training, model }, { ...settings, epochs: 1 }, 'half');
    const written = { run: 'half', model, checkpoint, steps: 5 };
    const [half, whole] = [
      await exportModel(written, training),
      await exportModel({ ...written, dtype: 'float32' }, training),
    ].map((exported) => store.open(exported.model));
    assert.equal(await readWeightsDtype((await half) ?? ''), 'float16');
    assert.equal(await readWeightsDtype((await whole) ?? ''), 'float32');
  });

  it('goes on after a kill as if nothing had happened: 10 steps equal 4, a crash, and 6', async (test) => {
    const training = await tinyTraining(test);
    const straight = await trainAll(training, settings, 'straight');

    const input = await shardInput(training, settings, 'killed');
    const reports: StepProgress[] = [];
    const killing = killAt(4, reports);
    await assert.rejects(trainShard(input, training, killing, 1));
    const resumed: StepProgress[] = [];
    const result = await trainShard(input, training, watched(resumed), 2);

    assert.equal(resumed[0]?.done, 3, 'goes on from the checkpoint after step 3');
    assert.equal(result.step, 10);
    assert.equal(result.checkpoint.sha256, straight.sha256);
  });

  it('goes on in the midst of a shard whose first checkpoint later ones have left behind', async (test) => {
    const training = await tinyTraining(test);
    const input = await shardInput(
      training,
      { ...settings, checkpointEverySteps: 2, keepCheckpoints: 1 },
      'run',
    );
    const { checkpoint } = await trainShard({ ...input, toStep: 2 }, training, unwatched, 1);
    const second = { ...input, fromStep: 2, checkpoint };
    await assert.rejects(trainShard(second, training, killAt(5, []), 1), { message: 'killed' });
    await assert.rejects(training.store.open(checkpoint), { code: 'NotFound' });
    assert.equal((await trainShard(second, training, unwatched, 2)).step, 10);
  });

  it('returns what it has where an attempt had finished and its answer was lost', async (test) => {
    const training = await tinyTraining(test);
    const input = await shardInput(training, settings, 'run');
    const first = await trainShard(input, training, unwatched, 1);
    const reports: StepProgress[] = [];
    assert.deepEqual(await trainShard(input, training, watched(reports), 2), first);
    assert.deepEqual(reports, []);
  });

  it('gives the same bits to two runs with one id over one store, whose attempts take the shard from each other', async (test) => {
    const training = await tinyTraining(test);
    const straight = await trainAll(training, settings, 'straight');
    const input = await shardInput(training, settings, 'both');
    const { promise: other, resolve: begin } = Promise.withResolvers<void>();
    const second = other.then(() => trainShard(input, training, unwatched, 2));
    const overtaken = new Proxy(training.store, {
      get(store, name) {
        const found: unknown = Reflect.get(store, name);
        if (name !== 'take') return typeof found === 'function' ? found.bind(store) : found;
        return async (...what: Parameters<typeof store.take>) => {
          begin();
          await second;
          return store.take(...what);
        };
      },
    });
    await assert.rejects(trainShard(input, { ...training, store: overtaken }, unwatched, 1), {
      code: 'Superseded',
      retryable: true,
      message: /attempt 2 has taken over/,
    });
    const again = await trainShard(input, training, unwatched, 3);
    assert.equal((await second).checkpoint.sha256, straight.sha256);
    assert.equal(again.checkpoint.sha256, straight.sha256);
  });

  it('refuses a checkpoint that was made with other settings, naming them', async (test) => {
    const training = await tinyTraining(test);
    const checkpoint = await trainAll(training, { ...settings, epochs: 1 }, 'run');
    const other = await shardInput(training, { ...settings, learningRate: 1e-3 }, 'run');
    await assert.rejects(
      trainShard({ ...other, fromStep: 5, checkpoint }, training, unwatched, 1),
      (error) =>
        error instanceof AlpacaError &&
        error.code === 'InvalidInput' &&
        /epochs was 1 and is 2; .*learningRate was 0.002 and is 0.001/.test(error.message),
    );
  });

  it('lowers the loss, and exports the trained weights with a line of metrics for each step', async (test) => {
    const training = await tinyTraining(test);
    const { store, model, tokens } = training;
    const longer = { ...settings, epochs: 8, learningRate: 1e-2, checkpointEverySteps: 100 };
    const before = await measureLoss({ model, checkpoint: null, tokens }, training, unwatched);
    const checkpoint = await trainAll(training, longer, 'run');
    const after = await measureLoss({ model, checkpoint, tokens }, training, unwatched);
    assert.ok(after.loss < 0.8 * before.loss, `${before.loss} -> ${after.loss}`);

    const exported = await exportModel({ run: 'run', model, checkpoint, steps: 40 }, training);
    const again = await measureLoss({ model: exported.model, checkpoint: null, tokens }, training, unwatched);
    assert.deepEqual(again, after);
    assert.equal(exported.metrics.rows, 40);
    await store.open(exported.metrics);
  });

  it('stops when the loss is no number, naming the step and the rows, and keeps the last good checkpoint', async (test) => {
    const training = await tinyTraining(test);
    const wild = { ...settings, learningRate: 1e30, clipNorm: null, checkpointEverySteps: 1 };
    await assert.rejects(trainAll(training, wild, 'run'), {
      code: 'TrainingDiverged',
      message:
        /^The training diverged at step 2, on the rows 1\d\d, 1\d\d, 1\d\d, 1\d\d: the loss is .*, the gradient's norm NaN\. The last checkpoint is kept\./,
    });
    assert.deepEqual(await goodCheckpoints(training), [1, 2]);
    const metrics = (await training.store.listEntries('training/run')).filter((name) =>
      name.endsWith('.jsonl'),
    );
    assert.equal(metrics.length, 2, 'the metrics of the steps before are there');
  });

  it('makes no checkpoint of weights that an update has made infinite, and names the step', async (test) => {
    const training = await tinyTraining(test);
    const wild = { ...settings, learningRate: 1e39, clipNorm: null, checkpointEverySteps: 1 };
    await assert.rejects(trainAll(training, wild, 'run'), {
      code: 'TrainingDiverged',
      message:
        /^The training diverged at step 1, on the rows .*: its update made a weight of .* -?(NaN|Infinity)/,
    });
    assert.deepEqual(await goodCheckpoints(training), [1]);
  });
});

/** The steps of the stored checkpoints, each whole and with finite weights only. */
async function goodCheckpoints({ store }: Training): Promise<number[]> {
  const folder = join(store.root, 'artifacts', 'checkpoint');
  const steps: number[] = [];
  for (const digest of await readdir(folder)) {
    const [name = ''] = (await readdir(join(folder, digest))).filter((entry) => entry !== 'manifest.json');
    const { state, weights } = await readCheckpoint(join(folder, digest, name));
    for (const [tensor, { data }] of weights) assert.ok(data.every(Number.isFinite), tensor);
    steps.push(state.step);
  }
  return steps.sort((a, b) => a - b);
}
