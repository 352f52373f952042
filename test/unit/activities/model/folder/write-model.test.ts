import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseConfig } from '../../../../../activities/model/folder/config.ts';
import { readModel } from '../../../../../activities/model/folder/folder.ts';
import { initializeWeights } from '../../../../../activities/model/folder/initialize.ts';
import { writeModel } from '../../../../../activities/model/folder/write-model.ts';

const FIELDS = {
  ...{ architectures: ['LlamaForCausalLM'], model_type: 'llama', vocab_size: 6, hidden_size: 4 },
  ...{ intermediate_size: 6, num_hidden_layers: 1, num_attention_heads: 2, num_key_value_heads: 1 },
  max_position_embeddings: 8,
};
const config = parseConfig(FIELDS, 'test');
const weights = initializeWeights(config, 1);

describe('a model that is written', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-write-model-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  it('is in several files where one would be too large, which an index lists', async () => {
    const path = join(root, 'sharded');
    const written = await writeModel(path, { config, weights, from: null, shardBytes: 400 });
    const shards = ['model-00001-of-00002', 'model-00002-of-00002'].map((name) => `${name}.safetensors`);
    assert.deepEqual(Object.keys(written), shards);
    assert.deepEqual((await readdir(path)).sort(), [
      'config.json',
      ...shards,
      'model.safetensors.index.json',
    ]);
    const index = JSON.parse(await readFile(join(path, 'model.safetensors.index.json'), 'utf8'));
    const values = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    assert.deepEqual(index.metadata, { total_size: 4 * values });
    assert.deepEqual(Object.keys(index.weight_map), [...weights.keys()].sort());
    assert.deepEqual(
      (await readModel(path)).weights,
      new Map([...weights].sort(([a], [b]) => (a < b ? -1 : 1))),
    );
  });

  it('asks for a tensor when its turn comes, and for the next once that is written', async () => {
    const asked: string[] = [];
    const path = join(root, 'in-turn');
    const inTurn = [...weights].map(([name, { shape, data }]) => {
      const read = async () => {
        asked.push(name);
        return data;
      };
      return [name, { shape, data: read }] as const;
    });
    await writeModel(path, { config, weights: new Map(inTurn), from: null });
    assert.deepEqual(asked, [...weights.keys()].sort());
    assert.ok((await stat(join(path, 'model.safetensors'))).size > 4 * 24);
    assert.deepEqual([...(await readModel(path)).weights.keys()], asked);
  });
});
