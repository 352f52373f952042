import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../activities/attempt.ts';
import { AlpacaError } from '../../../../activities/errors.ts';
import { applyAdapter, readAdapter } from '../../../../activities/model/adapter/folder.ts';
import { fromBfloat16, toBfloat16 } from '../../../../activities/model/folder/floats.ts';
import { readModel, readWeightsDtype } from '../../../../activities/model/folder/folder.ts';
import { writeModel } from '../../../../activities/model/folder/write-model.ts';
import { readCheckpoint } from '../../../../activities/train/checkpoint/checkpoint.ts';
import { exportModel } from '../../../../activities/train/export-model.ts';
import { measureLoss } from '../../../../activities/train/measure-loss.ts';
import { planTraining } from '../../../../activities/train/plan/plan-training.ts';
import { trainShard } from '../../../../activities/train/shard.ts';
import type { StepProgress } from '../../../../workflows/contracts/progress.ts';
import type { TrainingSettings } from '../../../../workflows/contracts/train-activities.ts';
import { killAt, shardInput, tinyTraining, trainAll, watched } from './tiny-training.ts';
import { settings } from './training-settings.ts';

const lora: TrainingSettings = { ...settings, method: 'lora', loraDropout: 0.2 };

describe('training an adapter in shards', () => {
  for (const precision of ['f32', 'bf16'] as const) {
    it(`goes on after a kill as if nothing had happened, dropout included: ${precision}`, async (test) => {
      const training = await tinyTraining(test);
      const change = { ...lora, precision, epochs: 1 };
      const straight = await trainAll(training, change, 'straight');
      const cut = await trainAll(training, { ...change, shardsPerEpoch: 2 }, 'cut');
      assert.equal(cut.sha256, straight.sha256);

      const input = await shardInput(training, change, 'killed');
      await assert.rejects(trainShard(input, training, killAt(4, []), 1));
      const resumed: StepProgress[] = [];
      const result = await trainShard(input, training, watched(resumed), 2);
      assert.equal(resumed[0]?.done, 3, 'goes on from the checkpoint after step 3');
      assert.equal(result.checkpoint.sha256, straight.sha256);
    });
  }

  it('keeps in a checkpoint the adapter, its moments and the base’s digest, and nothing of the base', async (test) => {
    const training = await tinyTraining(test);
    const { store, model } = training;
    const checkpoint = await trainAll(training, { ...lora, epochs: 1 }, 'run');
    const { state, weights, moments } = await readCheckpoint(await store.open(checkpoint));
    const expected = ['q_proj', 'v_proj'].flatMap((layer) =>
      ['A', 'B'].flatMap((matrix) =>
        [0, 1].map((n) => `model.layers.${n}.self_attn.${layer}.lora_${matrix}.weight`),
      ),
    );
    assert.ok(moments);
    for (const tensors of [weights, moments.first, moments.second])
      assert.deepEqual([...tensors.keys()].sort(), expected.sort());
    assert.equal(state.identity.model, model.sha256);
    assert.equal(state.identity.settings.loraTargets, 'q_proj v_proj');
  });

  it('counts as parameters what is trained', async (test) => {
    const training = await tinyTraining(test);
    // Two layers: A of q and v [4, 16], B of q [16, 4] and of v [8, 4].
    assert.equal(
      (await planTraining({ ...training, settings: lora }, training)).parameters,
      2 * (64 + 64 + 64 + 32),
    );
  });

  it('lowers the loss, and exports the merged model and the adapter alone', async (test) => {
    const training = await tinyTraining(test);
    const { store, model, tokens } = training;
    const targets: TrainingSettings['loraTargets'] = ['q_proj', 'v_proj', 'up_proj', 'down_proj'];
    const longer = {
      ...lora,
      epochs: 2,
      globalBatch: 1,
      learningRate: 3e-2,
      checkpointEverySteps: 100,
      loraTargets: targets,
    };
    const before = await measureLoss({ model, checkpoint: null, tokens }, training, unwatched);
    const checkpoint = await trainAll(training, longer, 'run');
    const after = await measureLoss({ model, checkpoint, tokens }, training, unwatched);
    assert.ok(after.loss < 0.95 * before.loss, `${before.loss} -> ${after.loss}`);

    const exported = await exportModel({ run: 'run', model, checkpoint, steps: 40 }, training);
    const again = await measureLoss({ model: exported.model, checkpoint: null, tokens }, training, unwatched);
    assert.deepEqual(again, after);

    assert.ok(exported.adapter);
    const path = await store.open(exported.adapter);
    assert.deepEqual((await readdir(path)).sort(), ['adapter_config.json', 'adapter_model.safetensors']);
    const merged = applyAdapter(await readModel(await store.open(model)), await readAdapter(path));
    assert.deepEqual(merged.weights, (await readModel(await store.open(exported.model))).weights);
  });

  it('is merged in f32 and cast to bf16 where the base is', async (test) => {
    const training = await tinyTraining(test);
    const { store } = training;
    const folder = join(store.root, 'half');
    const base = await readModel(await store.open(training.model));
    await writeModel(folder, { ...base, from: null, dtype: 'bfloat16' });
    const model = await store.take('model', folder, { madeBy: 'test' });
    const checkpoint = await trainAll({ ...training, model }, { ...lora, epochs: 1 }, 'run');
    const exported = await exportModel({ run: 'run', model, checkpoint, steps: 5 }, training);
    const path = await store.open(exported.model);
    assert.equal(await readWeightsDtype(path), 'bfloat16');
    assert.ok(exported.adapter);
    const adapter = await readAdapter(await store.open(exported.adapter));
    const merged = applyAdapter(await readModel(await store.open(model)), adapter);
    for (const [name, { data }] of (await readModel(path)).weights)
      assert.deepEqual(data, fromBfloat16(toBfloat16(merged.weights.get(name)?.data ?? data)), name);
  });

  it('refuses a checkpoint of another rank, and one of a full fine-tune', async (test) => {
    const training = await tinyTraining(test);
    const checkpoint = await trainAll(training, { ...lora, epochs: 1 }, 'run');
    for (const [change, message] of [
      [{ loraRank: 2 }, /loraRank was 4 and is 2/],
      [{ method: 'full' }, /method was lora and is full; .*loraRank was 4 and is unset/],
    ] as const) {
      const other = await shardInput(training, { ...lora, ...change }, 'run');
      await assert.rejects(
        trainShard({ ...other, fromStep: 5, checkpoint }, training, unwatched, 1),
        (error) =>
          error instanceof AlpacaError && error.code === 'InvalidInput' && message.test(error.message),
      );
    }
  });
});
