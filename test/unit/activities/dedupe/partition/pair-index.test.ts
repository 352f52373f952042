import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PairIndex } from '../../../../../activities/dedupe/partition/pair-index.ts';
import { Sequences } from '../../../../../activities/dedupe/partition/sequences.ts';
import fc from '../../../../property.ts';
import { arbitraryRow } from '../arbitrary-rows.ts';
import { plainRougeL } from '../plain-rouge.ts';

describe('the pairs of all partitions together', () => {
  it('are all pairs above the threshold, with their scores', () => {
    const corpora = fc.record({
      rows: fc.array(
        arbitraryRow.filter((row) => row.length > 0),
        { minLength: 2, maxLength: 40, size: 'max' },
      ),
      threshold: fc.constantFrom(0, 0.4, 0.6, 0.7, 1),
      partitions: fc.integer({ min: 1, max: 7 }),
    });
    fc.assert(
      fc.property(corpora, ({ rows, threshold, partitions }) => {
        const sequences = new Sequences();
        for (const row of rows) sequences.add(row);
        sequences.renumberByRarity(41);
        const different = Array.from({ length: sequences.size }, (_, number) => sequences.at(number));
        const longest = Math.max(...different.map((row) => row.length));
        const found = new Map<string, number>();
        for (let partition = 0; partition < partitions; partition += 1) {
          const index = new PairIndex({ threshold, partitions, longest, partition });
          for (const [number, row] of different.entries())
            index.add(number, row, (earlier, score) => found.set(`${earlier} ${number}`, score));
        }
        const expected = new Map<string, number>();
        for (const [later, row] of different.entries())
          for (const [earlier, other] of different.slice(0, later).entries()) {
            const score = plainRougeL(row, other);
            if (score > threshold) expected.set(`${earlier} ${later}`, score);
          }
        assert.deepEqual(new Map([...found].sort()), new Map([...expected].sort()));
      }),
      { numRuns: 60 },
    );
  });

  it('name a pair once, however many tokens its rows share', () => {
    const found: number[] = [];
    const index = new PairIndex({ threshold: 0.5, partitions: 1, partition: 0, longest: 6 });
    for (const number of [3, 8, 9])
      index.add(number, Int32Array.of(0, 1, 2, 3, 4, number), (earlier, _) => found.push(earlier));
    assert.deepEqual(found, [3, 3, 8]);
  });
});

describe('sequences', () => {
  it('are numbered in order of first sight', () => {
    const sequences = new Sequences();
    const numbers = [[1, 2], [2, 1], [1, 2], [1], [2, 1]].map((ids) => sequences.add(Int32Array.from(ids)));
    assert.deepEqual(numbers, [0, 1, 0, 2, 1]);
    assert.equal(sequences.size, 3);
  });

  it('are found again among many', () => {
    const sequences = new Sequences();
    const rows = Array.from({ length: 20_000 }, (_, i) =>
      Int32Array.of(i % 7, i % 1000, Math.floor(i / 1000)),
    );
    for (const [number, row] of rows.entries()) assert.equal(sequences.add(row), number);
    for (const [number, row] of rows.entries()) assert.equal(sequences.add(row), number);
  });

  it('get the rarest token’s id lowest, the first seen among equals', () => {
    const sequences = new Sequences();
    for (const ids of [
      [0, 1, 2],
      [0, 1],
      [0, 3],
    ])
      sequences.add(Int32Array.from(ids));
    sequences.renumberByRarity(4);
    assert.deepEqual([...sequences.at(0)], [3, 2, 0]);
    assert.deepEqual([...sequences.at(2)], [3, 1]);
  });
});
