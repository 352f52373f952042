import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LaneIndex } from '../../../../../activities/dedupe/rouge/lane-index.ts';
import fc from '../../../../property.ts';
import { arbitraryRow } from '../arbitrary-rows.ts';
import { plainRanking } from '../plain-rouge.ts';

function filled(rows: readonly Int32Array[]): LaneIndex {
  const index = new LaneIndex();
  for (const row of rows) index.insert(row);
  return index;
}

/** Rows of 0 to 30 tokens over a few words, more than one chunk of lanes of the common lengths. */
function manyRows(count: number): Int32Array[] {
  let state = 7;
  const next = (bound: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  return Array.from({ length: count }, () =>
    Int32Array.from({ length: next(31) }, () => Math.floor(next(9) * (next(100) / 50))),
  );
}

describe('LaneIndex', () => {
  it('ranks and sums as plain dynamic programming does', () => {
    const rows = fc.array(arbitraryRow, { minLength: 1, maxLength: 50, size: 'max' });
    fc.assert(
      fc.property(rows, arbitraryRow, (inserted, candidate) => {
        const expected = plainRanking(candidate, inserted);
        const { sum, best } = filled(inserted).score(candidate, 10);
        assert.deepEqual(best, expected.slice(0, 10));
        const expectedSum = expected.reduce((total, { score }) => total + score, 0);
        assert.ok(Math.abs(sum - expectedSum) < 1e-12, `${sum} is not ${expectedSum}`);
      }),
      { numRuns: 150 },
    );
  });

  it('does so over several chunks of lanes and words, while the index grows', () => {
    const rows = manyRows(1500);
    const index = new LaneIndex();
    for (const [number, row] of rows.entries()) {
      if (number % 100 === 99) {
        const expected = plainRanking(row, rows.slice(0, number));
        const { sum, best } = index.score(row, 10);
        assert.deepEqual(best, expected.slice(0, 10));
        const expectedSum = expected.reduce((total, { score }) => total + score, 0);
        assert.ok(Math.abs(sum - expectedSum) < 1e-9, `${sum} is not ${expectedSum}`);
      }
      index.insert(row);
    }
  });

  it('compares rows too long for lanes as well', () => {
    const long = Int32Array.from({ length: 5000 }, (_, position) => position);
    const index = filled([Int32Array.of(1, 2), long]);
    const { best } = index.score(long.subarray(0, 4000), 1);
    assert.deepEqual(best, [{ row: 1, score: (2 * 1 * 0.8) / (1 + 0.8) }]);
  });

  it('has fewer best rows than asked for only where there are fewer rows, and those that score 0 last', () => {
    const index = filled([Int32Array.of(5), Int32Array.of(), Int32Array.of(7)]);
    assert.deepEqual(index.score(Int32Array.of(7), 10), {
      sum: 1,
      best: [
        { row: 2, score: 1 },
        { row: 0, score: 0 },
        { row: 1, score: 0 },
      ],
    });
    assert.deepEqual(new LaneIndex().score(Int32Array.of(7), 10), { sum: 0, best: [] });
  });
});
