import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PartitionKeys } from '../../../../../activities/dedupe/partition/partition-keys.ts';
import fc from '../../../../property.ts';
import { arbitraryRow } from '../arbitrary-rows.ts';
import { plainRougeL } from '../plain-rouge.ts';

describe('partition keys', () => {
  it('make bands of lengths, each less than a quarter longer than its shortest, or one length', () => {
    const keys = new PartitionKeys({ threshold: 0.7, partitions: 4, longest: 20 });
    assert.deepEqual(
      Array.from({ length: 20 }, (_, index) => keys.bandOf(index + 1)),
      [0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9],
    );
  });

  it('know a row of ten tokens by its five rarest among the shorter, by fewer among the longer', () => {
    const keys = new PartitionKeys({ threshold: 0.7, partitions: 4, longest: 40 });
    // F > 0.7 with b tokens takes an LCS of more than 0.35 (10 + b): 6 where b is 6, 8 where it is 12, 9 at 15.
    assert.deepEqual(keys.prefixes(10), [
      { band: 6, tokens: 5 },
      { band: 7, tokens: 3 },
      { band: 8, tokens: 2 },
    ]);
  });

  it('put every pair above the threshold into a partition that both rows go to', () => {
    const pairs = fc.tuple(
      arbitraryRow.filter((row) => row.length > 0),
      fc.array(fc.tuple(fc.nat(200), fc.nat(40)), { maxLength: 4 }),
      fc.constantFrom(0, 0.3, 0.5, 0.7, 0.9),
      fc.integer({ min: 1, max: 16 }),
    );
    let found = 0;
    fc.assert(
      fc.property(pairs, ([row, changes, threshold, partitions]) => {
        const other = Int32Array.from(row);
        for (const [place, token] of changes) other[place % row.length] = token;
        if (!(plainRougeL(row, other) > threshold)) return;
        found += 1;
        const keys = new PartitionKeys({ threshold, partitions, longest: row.length });
        const partitionsOfOther = keys.partitionsOf(other);
        assert.ok([...keys.partitionsOf(row)].some((partition) => partitionsOfOther.has(partition)));
      }),
      { numRuns: 300 },
    );
    assert.ok(found > 50, `only ${found} pairs were above their threshold`);
  });
});
