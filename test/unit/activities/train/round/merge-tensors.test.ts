import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readTensors, writeTensors } from '../../../../../activities/model/folder/safetensors.ts';
import {
  piecesOf,
  readDifference,
  writeDifference,
} from '../../../../../activities/train/round/difference-file.ts';
import type { Encoding } from '../../../../../activities/train/round/encoding.ts';
import {
  applyDifference,
  type MergeStart,
  mergeDifferences,
  type OuterStep,
  valuesOf,
} from '../../../../../activities/train/round/merge-tensors.ts';

const tensors = [
  { name: 'a', shape: [3] },
  { name: 'b', shape: [1, 2] },
];
const BEFORE = [10, 20, 30, 40, 50];
const unwatched = { signal: new AbortController().signal, merged() {} };

describe('merging differences', () => {
  it('adds their weighted mean to what the round began with', async (test) => {
    const { weights } = await merge(await folderFor(test), [
      { values: [1, 2, 3, 4, 5], weight: 3 },
      { values: [5, 2, -1, 0, 5], weight: 1 },
    ]);
    assert.deepEqual(weights, [12, 22, 32, 43, 55]);
  });

  it('sums in f64 in the order of the files, and rounds once', async (test) => {
    const { difference } = await merge(await folderFor(test), [
      { values: [1e8, 0, 0, 0, 0], weight: 1 },
      { values: [1, 0, 0, 0, 0], weight: 1 },
      { values: [-1e8, 0, 0, 0, 0], weight: 1 },
    ]);
    assert.equal(difference[0], Math.fround(1 / 3));
  });

  it('goes along the mean with Nesterov’s momentum, as PyTorch’s SGD does', async (test) => {
    const outer = { learningRate: 0.5, momentum: 0.5 };
    const first = await merge(await folderFor(test), [{ values: [4, 0, 0, 0, -8], weight: 1 }], { outer });
    // v = -4, and the step is 0.5 (4 + 0.5 * 4).
    assert.deepEqual([first.momentum?.[0], first.weights[0]], [-4, 13]);
    assert.deepEqual([first.momentum?.[4], first.weights[4]], [8, 44]);
    const second = await merge(await folderFor(test), [{ values: [4, 0, 0, 0, 0], weight: 1 }], {
      outer,
      momentum: [-4, 0, 0, 0, 8],
    });
    // v = 0.5 * -4 - 4 = -6, and the step is 0.5 (4 + 0.5 * 6).
    assert.deepEqual([second.momentum?.[0], second.weights[0]], [-6, 13.5]);
    assert.deepEqual(
      [second.momentum?.[4], second.weights[4]],
      [4, 49],
      'it goes on where nothing is learnt',
    );
  });

  it('adds what can be encoded alone, and has the rest for the next round', async (test) => {
    const shards = [
      { values: [127, 1, 0, 127, 1], weight: 2 },
      { values: [127, 0, 0, 127, 1], weight: 3 },
    ];
    const first = await merge(await folderFor(test), shards, { encoding: 'int8' });
    // Steps of 1: the mean of the second, 0.4, is nothing.
    assert.deepEqual(first.weights, [137, 20, 30, 167, 51]);
    assert.ok(Math.abs((first.lost?.[1] ?? 0) - 0.4) < 0.002);
    const second = await merge(await folderFor(test), shards, {
      encoding: 'int8',
      lost: first.lost ?? [],
    });
    assert.deepEqual(second.weights, [137, 21, 30, 167, 51], '0.4 and 0.4 are 1');
  });

  it('is made again by whoever has the weights before and the difference, to the bit', async (test) => {
    for (const encoding of ['f32', 'bf16', 'int8'] as const) {
      const folder = await folderFor(test);
      const { digest } = await merge(folder, [{ values: [0.1, 0.2, 0.3, 1e-9, 7], weight: 2 }], { encoding });
      const weights = await valuesOf([join(folder, 'before')]);
      const from = { path: join(folder, 'difference'), encoding };
      assert.equal(await applyDifference(from, tensors, weights, join(folder, 'again')), digest);
    }
  });

  it('refuses what is not finite, and a file that is cut', async (test) => {
    const infinite = [{ values: [Number.POSITIVE_INFINITY, 0, 0, 0, 0], weight: 1 }];
    await assert.rejects(merge(await folderFor(test), infinite), {
      code: 'TrainingDiverged',
      message: /^Merging the round made a value of a Infinity\. /,
    });
    await assert.rejects(merge(await folderFor(test), [{ values: [1, 2, 3, 4], weight: 1 }]), {
      code: 'CorruptArtifact',
      message: /ends within the differences of b\./,
    });
  });
});

interface Options {
  outer?: OuterStep;
  encoding?: Encoding;
  momentum?: number[];
  lost?: number[];
}

/** Of two tensors, in files in the folder. */
async function merge(
  folder: string,
  shards: readonly { values: number[]; weight: number }[],
  { outer, encoding = 'f32', momentum, lost }: Options = {},
) {
  const place = (name: string) => join(folder, name);
  const files = [];
  for (const [shard, { values, weight }] of shards.entries()) {
    const path = place(`shard-${shard}`);
    await writeValues(path, encoding, values);
    files.push({ path, weight });
  }
  await writeSafetensors(place('before'), BEFORE);
  if (momentum) await writeSafetensors(place('momentum-before'), momentum);
  if (lost) await writeValues(place('lost-before'), 'int8', lost);
  const start: MergeStart = {
    weights: await valuesOf([place('before')]),
    momentum: momentum ? await valuesOf([place('momentum-before')]) : null,
    lost: lost ? place('lost-before') : null,
  };
  const targets = {
    weights: place('weights'),
    difference: place('difference'),
    momentum: place('momentum'),
    lost: place('lost'),
  };
  const written = await mergeDifferences(
    { files, tensors, encoding },
    start,
    outer ?? null,
    targets,
    unwatched,
  );
  return {
    digest: written.weights,
    weights: await readSafetensors(targets.weights),
    difference: await readValues(targets.difference, encoding),
    momentum: written.momentum === null ? null : await readSafetensors(targets.momentum),
    lost: written.lost === null ? null : await readValues(targets.lost, 'int8'),
  };
}

async function writeValues(path: string, encoding: Encoding, values: readonly number[]): Promise<void> {
  await writeDifference(path, encoding, async (append) => {
    await append(Float32Array.from(values.slice(0, 3)));
    await append(Float32Array.from(values.slice(3)));
  });
}

async function readValues(path: string, encoding: Encoding): Promise<number[]> {
  const reader = await readDifference(path, encoding);
  const values: number[] = [];
  for (const piece of piecesOf(tensors)) values.push(...(await reader.next(piece)));
  await reader.close();
  return values;
}

async function writeSafetensors(path: string, values: readonly number[]): Promise<void> {
  const [a, b] = [Float32Array.from(values.slice(0, 3)), Float32Array.from(values.slice(3))];
  const weights = new Map([
    ['a', { shape: [3], data: a }],
    ['b', { shape: [1, 2], data: b }],
  ]);
  await writeTensors(path, weights, { dtype: 'F32', metadata: { format: 'pt' } });
}

async function readSafetensors(path: string): Promise<number[]> {
  const values: number[] = [];
  for await (const { data } of readTensors(path)) values.push(...data);
  return values;
}

async function folderFor(test: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-merge-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
