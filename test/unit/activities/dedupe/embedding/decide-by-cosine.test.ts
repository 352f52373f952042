import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import {
  BLOCK_TEXTS,
  type CosineDecisions,
  decideByCosine,
} from '../../../../../activities/dedupe/embedding/decide-by-cosine.ts';
import fc from '../../../../property.ts';

/** The rule by itself: products added up in order of the dimensions, each step rounded to 32 bits. */
function plainDecisions(rows: readonly Float32Array[], against: number, threshold: number): CosineDecisions {
  const resembles = new Int32Array(rows.length).fill(-1);
  const cosines = new Float64Array(rows.length);
  for (let text = against; text < rows.length; text += 1) {
    let nearest = threshold;
    for (let earlier = 0; earlier < text; earlier += 1) {
      if (resembles[earlier] !== -1) continue;
      const cosine = plainCosine(rows[text], rows[earlier]);
      if (cosine <= nearest) continue;
      nearest = cosine;
      resembles[text] = earlier;
      cosines[text] = cosine;
    }
  }
  return { resembles, cosines };
}

function plainCosine(a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()): number {
  let sum = 0;
  for (const [place, value] of a.entries()) sum = Math.fround(sum + Math.fround(value * (b[place] ?? 0)));
  return Math.min(1, sum);
}

function packed(rows: readonly Float32Array[]) {
  const dimensions = rows[0]?.length ?? 0;
  const vectors = new Float32Array(new SharedArrayBuffer(4 * rows.length * dimensions));
  for (const [place, row] of rows.entries()) vectors.set(row, place * dimensions);
  return { vectors, dimensions };
}

function unit(values: readonly number[]): Float32Array {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => (length === 0 ? 0 : value / length));
}

/** Rows that lie near one of a few directions. */
function scattered(count: number, dimensions: number, seed: number): Float32Array[] {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
  const directions = Array.from({ length: 20 }, () => Array.from({ length: dimensions }, next));
  return Array.from({ length: count }, (_, row) =>
    unit((directions[row % 20] ?? []).map((value) => value + 0.4 * next())),
  );
}

describe('deciding by cosine', () => {
  it('rejects what is strictly nearer to a kept text than the threshold, and names the nearest', async () => {
    const rows = [
      [1, 0],
      [0.6, 0.8],
      [0.8, 0.6],
      [0, 1],
    ].map((row) => Float32Array.from(row));
    const { resembles, cosines } = await decideByCosine(
      packed(rows),
      { against: 0, threshold: 0.9 },
      unwatched,
    );
    assert.deepEqual([...resembles], [-1, -1, 1, -1]);
    assert.deepEqual([...cosines], [0, 0, 0.9600000381469727, 0]);
  });

  it('keeps a text at exactly the threshold, and equal texts at 1', async () => {
    const rows = [unit([1, 2, 3]), unit([1, 2, 3]), Float32Array.of(1, 0, 0), Float32Array.of(0.5, 0, 0)];
    const at = async (threshold: number) => [
      ...(await decideByCosine(packed(rows), { against: 0, threshold }, unwatched)).resembles,
    ];
    assert.deepEqual(await at(1), [-1, -1, -1, -1]);
    assert.deepEqual(await at(0.5), [-1, 0, -1, -1]);
  });

  it('names the first among equals, and nothing that was rejected itself', async () => {
    const same = Float32Array.of(1, 0);
    const { resembles } = await decideByCosine(
      packed([same, same, same]),
      { against: 2, threshold: 0.5 },
      unwatched,
    );
    assert.deepEqual([...resembles], [-1, -1, 0], 'what is compared against is kept unasked');
  });

  it('takes a vector of zeros, a blank text’s, for like nothing', async () => {
    const zero = new Float32Array(2);
    const { resembles } = await decideByCosine(
      packed([zero, zero, Float32Array.of(1, 0)]),
      { against: 0, threshold: 0 },
      unwatched,
    );
    assert.deepEqual([...resembles], [-1, -1, -1]);
  });

  it('equals the plain rule to the last bit, over several blocks and on any number of threads', async () => {
    // Threads that have nothing to do are not started: this many texts are worth three.
    const rows = scattered(6100, 7, 1);
    const expected = plainDecisions(rows, 37, 0.97);
    assert.ok(expected.resembles.filter((text) => text !== -1).length > 1000);
    assert.ok(rows.length > 20 * BLOCK_TEXTS);
    for (const threads of [1, 2, 3]) {
      const decided = await decideByCosine(
        packed(rows),
        { against: 37, threshold: 0.97, threads },
        unwatched,
      );
      assert.deepEqual(decided, expected, `${threads} threads`);
    }
  });

  it('equals the plain rule for any small set', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer(),
        fc.constantFrom(0, 0.5, 0.8, 1),
        async (dimensions, count, seed, threshold) => {
          const rows = scattered(count, dimensions, seed);
          const against = Math.min(3, count - 1);
          const decided = await decideByCosine(packed(rows), { against, threshold }, unwatched);
          assert.deepEqual(decided, plainDecisions(rows, against, threshold));
        },
      ),
      { numRuns: 12 },
    ));

  it('stops with the attempt', async () => {
    const stopped = new AbortController();
    const running = decideByCosine(
      packed(scattered(3000, 16, 2)),
      { against: 0, threshold: 0.9 },
      { signal: stopped.signal, report: () => stopped.abort(new Error('stopped by the test')) },
    );
    await assert.rejects(running, /stopped by the test/);
  });
});
