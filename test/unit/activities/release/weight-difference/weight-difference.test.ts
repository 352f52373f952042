import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { AlpacaError } from '../../../../../activities/errors.ts';
import { type Weight, writeTensors } from '../../../../../activities/model/folder/safetensors.ts';
import {
  makeDifference,
  recoverTuned,
} from '../../../../../activities/release/weight-difference/weight-difference.ts';

const attempt = { signal: new AbortController().signal, report() {} };

const EMBEDDING = 'model.embed_tokens.weight';
const PROJECTION = 'model.layers.0.self_attn.q_proj.weight';

function weight(shape: number[], ...values: number[]): Weight {
  return { shape, data: Float32Array.from(values) };
}

describe('the difference of a tuned model to its base', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-difference-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function model(
    name: string,
    weights: Record<string, Weight>,
    dtype: 'F32' | 'BF16' = 'F32',
  ): Promise<string> {
    const path = join(folder, name);
    await mkdir(path);
    await writeTensors(join(path, 'model.safetensors'), new Map(Object.entries(weights)), {
      dtype,
      metadata: { format: 'pt' },
    });
    await writeFile(join(path, 'config.json'), `{"name": "${name}"}\n`);
    return path;
  }

  const BASE = {
    [EMBEDDING]: weight([2, 2], 1, -2, 0.1, 3e-38),
    [PROJECTION]: weight([2, 2], 0.25, 0.5, -0, 1 / 3),
  };
  const TUNED = {
    [EMBEDDING]: weight([3, 2], 1, -2.0000002, 0.3, 1e-45, 7, 8),
    [PROJECTION]: weight([2, 2], 0.25, 0.125, Number.NaN, -1 / 3),
  };

  it('gives the tuned folder back byte for byte, with rows that were added to the vocabulary', async () => {
    const [base, tuned] = [await model('base', BASE), await model('tuned', TUNED)];
    const [out, back] = [join(folder, 'difference'), join(folder, 'back')];

    const made = await makeDifference({ base, tuned, out }, attempt);
    const recovered = await recoverTuned({ base, difference: out, out: back }, attempt);

    assert.equal(made.tensors, 2);
    assert.deepEqual(made.withoutBase, [`1 rows of ${EMBEDDING}`]);
    assert.equal(recovered.files, 2);
    assert.deepEqual(await readdir(back), ['config.json', 'model.safetensors']);
    for (const name of ['config.json', 'model.safetensors'])
      assert.deepEqual(await readFile(join(back, name)), await readFile(join(tuned, name)));
  });

  it('stores zeros where training changed nothing', async () => {
    const base = await model('same-base', { [PROJECTION]: weight([1, 2], 0.25, 0.5) });
    const tuned = await model('same-tuned', { [PROJECTION]: weight([1, 2], 0.25, -0.5) });
    const out = join(folder, 'same-difference');

    await makeDifference({ base, tuned, out }, attempt);

    const bytes = await readFile(join(out, 'model.safetensors'));
    assert.deepEqual([...bytes.subarray(-8)], [0, 0, 0, 0, 0, 0, 0, 0x80]);
  });

  it('takes a base in another precision than the tuned model', async () => {
    const base = await model('bf16-base', BASE, 'BF16');
    const tuned = await model('f32-tuned', TUNED);
    const [out, back] = [join(folder, 'mixed-difference'), join(folder, 'mixed-back')];

    await makeDifference({ base, tuned, out }, attempt);
    await recoverTuned({ base, difference: out, out: back }, attempt);

    const name = 'model.safetensors';
    assert.deepEqual(await readFile(join(back, name)), await readFile(join(tuned, name)));
  });

  it('compares an untied head with the embedding that the base ties it to', async () => {
    const base = await model('tied-base', { [EMBEDDING]: weight([1, 2], 5, 6) });
    const tuned = await model('untied-tuned', {
      [EMBEDDING]: weight([1, 2], 5, 6),
      'lm_head.weight': weight([1, 2], 5, 6),
    });
    const out = join(folder, 'tied-difference');

    const made = await makeDifference({ base, tuned, out }, attempt);

    assert.deepEqual(made.withoutBase, []);
    assert.deepEqual([...(await readFile(join(out, 'model.safetensors'))).subarray(-16)], Array(16).fill(0));
  });

  describe('refuses by name', () => {
    it('another base', async () => {
      const base = await model('right-base', BASE);
      const other = await model('other-base', {
        ...BASE,
        [PROJECTION]: weight([2, 2], 0.25, 0.5, 0, 1 / 3),
      });
      const tuned = await model('tuned-of-right', TUNED);
      const [difference, out] = [join(folder, 'right-difference'), join(folder, 'never')];
      await makeDifference({ base, tuned, out: difference }, attempt);

      await assert.rejects(
        recoverTuned({ base: other, difference, out }, attempt),
        (error) =>
          error instanceof AlpacaError &&
          error.code === 'InvalidInput' &&
          error.message.includes(`${PROJECTION} has other weights`),
      );
      await assert.rejects(readdir(out), { code: 'ENOENT' });
    });

    it('a base of another shape', async () => {
      const base = await model('small-base', { [PROJECTION]: weight([1, 2], 1, 2) });
      const tuned = await model('large-tuned', { [PROJECTION]: weight([2, 2], 1, 2, 3, 4) });

      await assert.rejects(
        makeDifference({ base, tuned, out: join(folder, 'no') }, attempt),
        /is \[1, 2\] there and \[2, 2\]/,
      );
    });

    it('a difference with one bit changed', async () => {
      const base = await model('whole-base', BASE);
      const tuned = await model('whole-tuned', TUNED);
      const difference = join(folder, 'damaged');
      await makeDifference({ base, tuned, out: difference }, attempt);
      const path = join(difference, 'model.safetensors');
      const bytes = await readFile(path);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      await writeFile(path, bytes);

      await assert.rejects(
        recoverTuned({ base, difference, out: join(folder, 'nothing') }, attempt),
        (error) => error instanceof AlpacaError && error.code === 'CorruptArtifact',
      );
    });

    it('a folder that is no difference', async () => {
      const base = await model('plain', BASE);
      await assert.rejects(
        recoverTuned({ base, difference: base, out: join(folder, 'none') }, attempt),
        /is no weight difference: it has no difference\.json/,
      );
    });
  });
});
