import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseConfig } from '../../../../../activities/model/folder/config.ts';
import { hasWeights, readModel } from '../../../../../activities/model/folder/folder.ts';
import { initializeWeights } from '../../../../../activities/model/folder/initialize.ts';
import { toJson } from '../../../../../activities/model/folder/json-file.ts';
import { type Weight, writeTensors } from '../../../../../activities/model/folder/safetensors.ts';
import { writeModel } from '../../../../../activities/model/folder/write-model.ts';

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 6,
  hidden_size: 4,
  intermediate_size: 6,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  max_position_embeddings: 8,
};
const config = parseConfig(CONFIG, 'test');
const weights = initializeWeights(config, 1);

describe('a model folder', () => {
  let root: string;
  let count = 0;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'model-folder-'));
  });
  after(() => rm(root, { recursive: true }));

  /** A folder with a config and these files of weights. */
  async function folderOf(
    files: Record<string, ReadonlyMap<string, Weight>>,
    changes: Record<string, unknown> = {},
  ): Promise<string> {
    count += 1;
    const path = join(root, `model-${count}`);
    await mkdir(path);
    await writeFile(join(path, 'config.json'), toJson({ ...CONFIG, ...changes }));
    const weightMap: Record<string, string> = {};
    for (const [name, tensors] of Object.entries(files)) {
      await writeTensors(join(path, name), tensors, { dtype: 'F32', metadata: { format: 'pt' } });
      for (const tensor of tensors.keys()) weightMap[tensor] = name;
    }
    if (!('model.safetensors' in files) && Object.keys(files).length > 0)
      await writeFile(
        join(path, 'model.safetensors.index.json'),
        toJson({ metadata: {}, weight_map: weightMap }),
      );
    return path;
  }

  const without = (name: string) => new Map([...weights].filter(([each]) => each !== name));

  it('is read from one file', async () => {
    const model = await readModel(await folderOf({ 'model.safetensors': weights }));
    assert.deepEqual(model.config, config);
    assert.equal(model.weights.size, weights.size);
    for (const [name, weight] of weights) assert.deepEqual(model.weights.get(name), weight);
  });

  it('is read from the shards that the index lists', async () => {
    const all = [...weights];
    const path = await folderOf({
      'model-00001-of-00002.safetensors': new Map(all.slice(0, 5)),
      'model-00002-of-00002.safetensors': new Map(all.slice(5)),
    });
    const model = await readModel(path);
    for (const [name, weight] of weights) assert.deepEqual(model.weights.get(name), weight);
  });

  it('with a tied head may hold the head or not, and never gives it', async () => {
    const tied = { tie_word_embeddings: true };
    const headless = without('lm_head.weight');
    const embedding = weights.get('model.embed_tokens.weight');
    assert.ok(embedding);
    const both = new Map([...headless, ['lm_head.weight', embedding]]);
    for (const tensors of [headless, both]) {
      const model = await readModel(await folderOf({ 'model.safetensors': tensors }, tied));
      assert.deepEqual([...model.weights.keys()].sort(), [...headless.keys()].sort());
    }
    await assert.rejects(readModel(await folderOf({ 'model.safetensors': weights }, tied)), {
      code: 'InvalidInput',
      message: /lm_head\.weight differs from model\.embed_tokens\.weight, though config\.json ties them/,
    });
  });

  it('may hold the rotary frequencies of early checkpoints, which are not read', async () => {
    const name = 'model.layers.0.self_attn.rotary_emb.inv_freq';
    const early = new Map([...weights, [name, { shape: [1], data: Float32Array.of(1) }] as const]);
    assert.equal((await readModel(await folderOf({ 'model.safetensors': early }))).weights.has(name), false);
  });

  it('is refused where a tensor is missing, naming it and its shape', async () => {
    const path = await folderOf({ 'model.safetensors': without('model.layers.0.mlp.up_proj.weight') });
    await assert.rejects(readModel(path), {
      code: 'InvalidInput',
      message:
        /model\.layers\.0\.mlp\.up_proj\.weight is missing; config\.json expects it with shape \[6, 4\]/,
    });
  });

  it('is refused where a shape differs, naming tensor, found and expected', async () => {
    const path = await folderOf({ 'model.safetensors': weights }, { num_key_value_heads: 2 });
    await assert.rejects(readModel(path), {
      code: 'InvalidInput',
      message: /self_attn\.k_proj\.weight has the shape \[2, 4\], and config\.json expects \[4, 4\]/,
    });
  });

  it('is refused for a tensor that the architecture has no place for', async () => {
    const extra = new Map([
      ...weights,
      ['model.layers.0.self_attn.q_norm.weight', { shape: [2], data: Float32Array.of(1, 1) }] as const,
    ]);
    await assert.rejects(readModel(await folderOf({ 'model.safetensors': extra })), {
      code: 'InvalidInput',
      message: /q_norm\.weight has no place in the architecture/,
    });
  });

  it('is refused where a weight is NaN or infinite, by file, tensor and index', async () => {
    for (const [value, name] of [
      [Number.NaN, 'model.layers.0.mlp.up_proj.weight'],
      [Number.NEGATIVE_INFINITY, 'model.embed_tokens.weight'],
    ] as const) {
      const weight = weights.get(name);
      assert.ok(weight);
      const spoiled = new Map(weights).set(name, { ...weight, data: weight.data.with(5, value) });
      await assert.rejects(readModel(await folderOf({ 'model.safetensors': spoiled })), {
        code: 'InvalidInput',
        message: new RegExp(
          `model\\.safetensors: ${name} holds ${value}, at index 5\\. The weights are damaged`,
        ),
      });
    }
  });

  it('says whether it has weights: none only where it is to be initialized', async () => {
    assert.equal(await hasWeights(await folderOf({ 'model.safetensors': weights })), true);
    const bare = await folderOf({});
    await assert.rejects(hasWeights(bare), { code: 'NotFound' });
    await writeFile(join(bare, 'initialize-weights'), '');
    assert.equal(await hasWeights(bare), false);
  });

  it('is refused without weights, without a config, or with a broken one', async () => {
    await assert.rejects(readModel(await folderOf({})), {
      code: 'NotFound',
      message: /has no weights: neither model\.safetensors nor/,
    });
    await assert.rejects(readModel(join(root, 'nowhere')), {
      code: 'NotFound',
      message: /nowhere.config\.json/,
    });
    const path = await folderOf({ 'model.safetensors': weights });
    await writeFile(join(path, 'config.json'), '{"architectures": [');
    await assert.rejects(readModel(path), {
      code: 'InvalidInput',
      message: /config\.json is no JSON object/,
    });
  });

  it('is refused where the index of its shards is broken', async () => {
    const path = await folderOf({});
    const index = join(path, 'model.safetensors.index.json');
    await writeFile(index, '{"weight_map": {"a": "../outside.safetensors"}}');
    await assert.rejects(readModel(path), { code: 'InvalidInput', message: /has no weight_map/ });
    await writeFile(index, '{');
    await assert.rejects(readModel(path), { code: 'InvalidInput', message: /index\.json is no JSON object/ });
  });

  it('is written with the files of the model that it came from', async () => {
    const from = await folderOf({ 'model.safetensors': weights }, { bos_token_id: 1 });
    for (const name of ['tokenizer.json', 'generation_config.json', 'notes.txt'])
      await writeFile(join(from, name), `{"name":"${name}"}`);
    const path = join(root, 'written');
    await writeModel(path, { config, weights, from, replace: new Map([['tokenizer.json', '{}']]) });
    assert.deepEqual((await readdir(path)).sort(), [
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
    assert.equal(await readFile(join(path, 'tokenizer.json'), 'utf8'), '{}');
    assert.equal(JSON.parse(await readFile(join(path, 'config.json'), 'utf8')).bos_token_id, 1);
    const back = await readModel(path);
    for (const [name, weight] of weights) assert.deepEqual(back.weights.get(name), weight);
  });

  it('is never written over another, nor half', async () => {
    const path = await folderOf({ 'model.safetensors': weights });
    const before = await readdir(root);
    await assert.rejects(writeModel(path, { config, weights, from: null }), {
      code: 'InvalidInput',
      message: /exists and is not empty/,
    });
    await assert.rejects(
      writeModel(join(root, 'half'), { config, weights: without('model.norm.weight'), from: null }),
      RangeError,
    );
    assert.deepEqual(await readdir(root), before);
  });
});

describe('fresh weights', () => {
  it('are a function of the seed', () => {
    assert.deepEqual(initializeWeights(config, 1), weights);
    assert.notDeepEqual(initializeWeights(config, 2), weights);
  });

  it('have norms of 1, biases of 0 and matrices of the deviation asked for', () => {
    const biased = initializeWeights(
      { ...config, vocabSize: 2000, hiddenSize: 8, attentionBias: true },
      7,
      0.05,
    );
    assert.deepEqual([...(biased.get('model.norm.weight')?.data ?? [])], Array(8).fill(1));
    assert.deepEqual([...(biased.get('model.layers.0.self_attn.k_proj.bias')?.data ?? [])], [0, 0]);
    const values = biased.get('model.embed_tokens.weight')?.data ?? new Float32Array();
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    // 16,000 draws: five standard errors
    assert.ok(Math.abs(deviation - 0.05) < 0.0014, `${deviation}`);
  });
});
