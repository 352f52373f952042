import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assembleBatch } from '../../../../../activities/model/batch.ts';
import { readGgufHead } from '../../../../../activities/model/gguf/read-file.ts';
import { scope, toFloats } from '../../../../../activities/model/kernels/tensor.ts';
import { Llama, logitsAt } from '../../../../../activities/model/llama/model.ts';
import { loadTokenizer } from '../../../../../activities/model/tokenizer/tokenizer.ts';
import { ggufFormats } from '../../../../../workflows/contracts/release.ts';
import { llamaCpp } from '../../../../llama-cpp.ts';
import { exportFolder, KINDS, type RandomModel, writeRandomModel } from './random-models.ts';

const open = await llamaCpp();
const skip = typeof open === 'string' ? open : false;

const TEXTS = [
  'Name three primary colours.',
  'Wie heißt das? 12345 Öl, 한국어 und \u{1F600}!',
  "  don't WE'LL\n\n\tI'd  ",
  '<s>Below is an instruction</s><s>again',
];

describe('a model as GGUF', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-gguf-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const models = new Map<string, RandomModel>();
  const exported = async (kind: string, form: (typeof ggufFormats)[number]) => {
    const [folder, path] = [join(root, kind), join(root, `${kind}-${form}.gguf`)];
    const model = models.get(kind) ?? (await writeRandomModel(folder, kind));
    models.set(kind, model);
    await exportFolder({ folder, path, form, chatTemplate: '{{ messages }}' });
    return { folder, path, model };
  };

  for (const kind of Object.keys(KINDS)) {
    it(`is computed by llama.cpp as here: ${kind}`, { skip }, async () => {
      if (typeof open === 'string') return;
      const { folder, path, model } = await exported(kind, 'f32');
      const theirs = await open(path);
      const { encode } = await loadTokenizer(folder);
      const ids = encode(TEXTS[1] ?? '', { addSpecialTokens: true });
      assert.deepEqual(await theirs.greedy(ids, 12), greedy(model, ids, 12));
      const [found, expected] = [await theirs.loss(ids), lossOf(model, ids)];
      assert.ok(Math.abs(found - expected) < 1e-4, `${found} and ${expected}`);
      await theirs.close();
    });
  }

  it('has our ids in llama.cpp, special tokens too', { skip }, async () => {
    if (typeof open === 'string') return;
    const { folder, path } = await exported('llama', 'f16');
    const theirs = await open(path);
    const { encode } = await loadTokenizer(folder);
    assert.deepEqual(
      TEXTS.map(theirs.tokenize),
      TEXTS.map((text) => encode(text, { addSpecialTokens: false })),
    );
    assert.equal(theirs.metadata('tokenizer.chat_template'), '{{ messages }}');
    await theirs.close();
  });

  it('loses little in each form', { skip }, async () => {
    if (typeof open === 'string') return;
    const kind = 'llama with an untied head';
    const ids = (await loadTokenizer((await exported(kind, 'f32')).folder)).encode(TEXTS[1] ?? '', {
      addSpecialTokens: true,
    });
    const most = { f32: 1e-4, f16: 3e-3, bf16: 3e-2, q8_0: 3e-2 };
    for (const form of ggufFormats) {
      const { path, model } = await exported(kind, form);
      const theirs = await open(path);
      const difference = Math.abs((await theirs.loss(ids)) - lossOf(model, ids));
      assert.ok(difference < most[form], `${form}: ${difference}`);
      await theirs.close();
    }
  });

  it('has matrices in its form, and vectors in f32', async () => {
    const { path } = await exported('llama', 'q8_0');
    const { metadata, tensors } = await readGgufHead(path);
    assert.deepEqual(
      ['general.architecture', 'general.file_type', 'llama.block_count', 'tokenizer.ggml.pre'].map((key) =>
        metadata.get(key),
      ),
      ['llama', 7, 2, 'smollm'],
    );
    assert.deepEqual(
      tensors.slice(0, 3).map(({ name, shape, format }) => ({ name, shape, format })),
      [
        { name: 'token_embd.weight', shape: [3072, 64], format: 'Q8_0' },
        { name: 'blk.0.attn_norm.weight', shape: [64], format: 'F32' },
        { name: 'blk.0.ffn_down.weight', shape: [64, 96], format: 'Q8_0' },
      ],
    );
  });
});

/** Logits at every position, a row each. */
function logits({ config, weights }: RandomModel, ids: readonly number[]): Float32Array[] {
  const model = new Llama(config, weights, 'float32');
  const read = model.parameters.read('float32');
  const batch = assembleBatch([{ inputIds: Int32Array.from(ids), labels: new Int32Array(ids.length + 1) }]);
  const all = scope(() => toFloats(logitsAt(model, read, batch, Int32Array.from(ids.keys()))));
  read.free();
  model.destroy();
  return ids.map((_, i) => all.slice(i * config.vocabSize, (i + 1) * config.vocabSize));
}

function greedy(model: RandomModel, prompt: readonly number[], most: number): number[] {
  const ids = [...prompt];
  for (let i = 0; i < most; i += 1) {
    const last = logits(model, ids).at(-1) ?? new Float32Array();
    ids.push(last.indexOf(last.reduce((a, b) => Math.max(a, b))));
  }
  return ids.slice(prompt.length);
}

function lossOf(model: RandomModel, ids: readonly number[]): number {
  const losses = logits(model, ids)
    .slice(0, -1)
    .map((row, i) => {
      const most = row.reduce((a, b) => Math.max(a, b));
      const sum = row.reduce((total, value) => total + Math.exp(value - most), 0);
      return most + Math.log(sum) - (row[ids[i + 1] ?? 0] ?? 0);
    });
  return losses.reduce((a, b) => a + b, 0) / losses.length;
}
