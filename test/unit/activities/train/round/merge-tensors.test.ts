import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  readTensors,
  type Weight,
  writeTensors,
} from '../../../../../activities/model/folder/safetensors.ts';
import { mergeMean, mergeNesterov, valuesOf } from '../../../../../activities/train/round/merge-tensors.ts';

type Values = Record<string, number[]>;
const quiet = { signal: new AbortController().signal, merged() {} };

describe('the mean of shards', () => {
  it('is the mean of each value', async (test) => {
    const folder = await emptyFolder(test);
    const files = [
      { path: await write(folder, 'a', { u: [1, -4], w: [0.5, 8, 3] }), steps: 5 },
      { path: await write(folder, 'b', { u: [3, 4], w: [1.5, -8, 4] }), steps: 5 },
    ];
    await mergeMean(files, join(folder, 'mean'), quiet);
    assert.deepEqual(await read(join(folder, 'mean')), { u: [2, 0], w: [1, 0, 3.5] });
  });

  it('counts a shard by the steps that it made', async (test) => {
    const folder = await emptyFolder(test);
    const files = [
      { path: await write(folder, 'a', { w: [4, 0] }), steps: 3 },
      { path: await write(folder, 'b', { w: [0, 8] }), steps: 1 },
    ];
    await mergeMean(files, join(folder, 'mean'), quiet);
    assert.deepEqual(await read(join(folder, 'mean')), { w: [3, 2] });
  });

  it('is summed in f64 and rounded once: three tenths stay a tenth', async (test) => {
    const folder = await emptyFolder(test);
    const path = await write(folder, 'a', { w: [0.1, 1e-30, 3e38] });
    await mergeMean(
      [1, 2, 4].map((steps) => ({ path, steps })),
      join(folder, 'mean'),
      quiet,
    );
    assert.deepEqual(await readFile(join(folder, 'mean')), await readFile(path));
  });

  it('is the same for a tensor of many pieces, and says how far it is', async (test) => {
    const folder = await emptyFolder(test);
    const length = 2 ** 20 + 3;
    const files = [
      { path: await write(folder, 'a', { w: Array.from({ length }, (_, i) => i) }), steps: 1 },
      { path: await write(folder, 'b', { w: Array.from({ length }, (_, i) => i + 2) }), steps: 1 },
    ];
    const pieces: number[] = [];
    await mergeMean(files, join(folder, 'mean'), { ...quiet, merged: (values) => pieces.push(values) });
    const { w = [] } = await read(join(folder, 'mean'));
    assert.equal(w.length, length);
    assert.ok(w.every((value, i) => value === i + 1));
    assert.deepEqual(pieces, [2 ** 20, 3]);
  });

  it('is refused where a shard’s tensors are others, and leaves nothing behind', async (test) => {
    const folder = await emptyFolder(test);
    const a = await write(folder, 'a', { w: [1, 2] });
    for (const other of [{ w: [1] }, { v: [1, 2] }, { w: [1, 2], x: [1] }]) {
      const b = await write(folder, 'b', other);
      const files = [a, b].map((path) => ({ path, steps: 1 }));
      await assert.rejects(mergeMean(files, join(folder, 'mean'), quiet), { code: 'CorruptArtifact' });
    }
    assert.deepEqual((await readdir(folder)).sort(), ['a', 'b']);
  });

  it('is refused where it is no finite number, naming the tensor', async (test) => {
    const folder = await emptyFolder(test);
    const files = [{ path: await write(folder, 'a', { w: [1, Number.NaN] }), steps: 1 }];
    await assert.rejects(mergeMean(files, join(folder, 'mean'), quiet), {
      code: 'TrainingDiverged',
      message: /^Merging the round made a value of w NaN\./,
    });
    assert.deepEqual(await readdir(folder), ['a']);
  });

  it('ends with the attempt, and leaves nothing behind', async (test) => {
    const folder = await emptyFolder(test);
    const files = [{ path: await write(folder, 'a', { w: [1] }), steps: 1 }];
    const signal = AbortSignal.abort(new Error('cancelled'));
    await assert.rejects(mergeMean(files, join(folder, 'mean'), { ...quiet, signal }), {
      message: 'cancelled',
    });
    assert.deepEqual(await readdir(folder), ['a']);
  });
});

describe('the outer step with Nesterov momentum', () => {
  /** The next weights and momentum of one value. */
  async function step(
    folder: string,
    ends: number[],
    weight: number,
    momentum: number | null,
    outer: { learningRate: number; momentum: number },
  ) {
    const files = [];
    for (const [i, end] of ends.entries())
      files.push({ path: await write(folder, `shard-${i}`, { w: [end] }), steps: 1 });
    const before = {
      weights: await valuesOf([await write(folder, 'before', { w: [weight] })]),
      momentum: momentum === null ? null : await valuesOf([await write(folder, 'v', { w: [momentum] })]),
    };
    const targets = { weights: join(folder, 'weights'), momentum: join(folder, 'momentum') };
    await mergeNesterov(files, before, outer, targets, quiet);
    return [(await read(targets.weights)).w?.[0], (await read(targets.momentum)).w?.[0]];
  }

  it('takes these two rounds as computed by hand', async (test) => {
    const folder = await emptyFolder(test);
    const outer = { learningRate: 0.5, momentum: 0.5 };
    // m = 5, d = 8 - 5 = 3, v = 3, w = 8 - 0.5 (3 + 0.5 * 3)
    assert.deepEqual(await step(folder, [6, 4], 8, null, outer), [5.75, 3]);
    // m = 3.75, d = 5.75 - 3.75 = 2, v = 0.5 * 3 + 2, w = 5.75 - 0.5 (2 + 0.5 * 3.5)
    assert.deepEqual(await step(folder, [4.75, 2.75], 5.75, 3, outer), [3.875, 3.5]);
  });

  it('goes past the mean with DiLoCo’s settings: from 1, of shards at 0, to -0.33', async (test) => {
    const folder = await emptyFolder(test);
    const outer = { learningRate: 0.7, momentum: 0.9 };
    assert.deepEqual(await step(folder, [0, 0], 1, null, outer), [Math.fround(1 - 0.7 * 1.9), 1]);
  });

  it('is the mean, to the bit, with a learning rate of 1 and no momentum', async (test) => {
    const folder = await emptyFolder(test);
    const files = [
      { path: await write(folder, 'a', { w: [0.1, -7.3, 1e-20, 5e5] }), steps: 3 },
      { path: await write(folder, 'b', { w: [0.3, 9.1, -3e-12, 0.7] }), steps: 2 },
    ];
    const weights = await valuesOf([await write(folder, 'before', { w: [1e6, -0.2, 7, 1e-9] })]);
    const targets = { weights: join(folder, 'weights'), momentum: join(folder, 'momentum') };
    const outer = { learningRate: 1, momentum: 0 };
    await mergeNesterov(files, { weights, momentum: null }, outer, targets, quiet);
    await mergeMean(files, join(folder, 'mean'), quiet);
    assert.deepEqual(await readFile(targets.weights), await readFile(join(folder, 'mean')));
  });
});

async function write(folder: string, name: string, values: Values): Promise<string> {
  const tensors = new Map<string, Weight>();
  for (const [tensor, list] of Object.entries(values))
    tensors.set(tensor, { shape: [list.length], data: Float32Array.from(list) });
  const path = join(folder, name);
  await writeTensors(path, tensors, { dtype: 'F32', metadata: { format: 'pt' } });
  return path;
}

async function read(path: string): Promise<Values> {
  const found: Values = {};
  for await (const { name, data } of readTensors(path)) found[name] = [...data];
  return found;
}

async function emptyFolder(test: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'alpaca-merge-'));
  test.after(() => rm(root, { recursive: true, force: true }));
  return root;
}
