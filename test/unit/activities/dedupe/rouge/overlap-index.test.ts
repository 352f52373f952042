import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OverlapIndex } from '../../../../../activities/dedupe/rouge/overlap-index.ts';
import fc from '../../../../property.ts';
import { arbitraryRow } from '../arbitrary-rows.ts';
import { plainRanking } from '../plain-rouge.ts';

describe('OverlapIndex', () => {
  it('finds the row that plain dynamic programming ranks first, if it is above the threshold', () => {
    const threshold = fc.constantFrom(0, 0.25, 0.5, 0.7, 0.9, 1);
    fc.assert(
      fc.property(threshold, fc.array(arbitraryRow, { maxLength: 60, size: 'max' }), (above, rows) => {
        const index = new OverlapIndex(above);
        for (const [number, row] of rows.entries()) {
          const [first] = plainRanking(row, rows.slice(0, number));
          const expected = first !== undefined && first.score > above ? first : null;
          assert.deepEqual(index.nearest(row), expected);
          index.insert(row);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('names the first inserted of several rows with the same score', () => {
    const index = new OverlapIndex(0.5);
    index.insert(Int32Array.of(1, 2, 3, 9));
    index.insert(Int32Array.of(1, 2, 8, 4));
    assert.deepEqual(index.nearest(Int32Array.of(1, 2, 3, 4)), { row: 0, score: 0.75 });
    assert.equal(index.size, 2);
  });

  it('leaves out what scores the threshold exactly', () => {
    const index = new OverlapIndex(0.75);
    index.insert(Int32Array.of(1, 2, 3, 9));
    assert.equal(index.nearest(Int32Array.of(1, 2, 3, 4)), null);
  });
});
