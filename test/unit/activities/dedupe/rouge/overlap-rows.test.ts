import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  LcsWithMany,
  type Postings,
  RowsOfLength,
  signatureOf,
} from '../../../../../activities/dedupe/rouge/overlap-rows.ts';
import { PostingLists } from '../../../../../activities/dedupe/rouge/posting-lists.ts';

describe('a signature', () => {
  it('has the bit of each id, of 64', () => {
    assert.deepEqual(signatureOf(Int32Array.of(0, 5)), { low: 0b100001, high: 0 });
    assert.deepEqual(signatureOf(Int32Array.of(31, 32, 63)), { low: -(2 ** 31), high: 1 - 2 ** 31 });
    assert.deepEqual(signatureOf(Int32Array.of(64, 97)), { low: 1, high: 2 });
  });
});

describe('rows of one length', () => {
  /** Rows of two tokens, with the postings of the tokens. */
  function filled(rows: readonly (readonly [number, number])[]) {
    const lists = new PostingLists();
    const made = new RowsOfLength(2, lists);
    const postings = new Map<number, Postings>();
    for (const [number, row] of rows.entries()) {
      const place = made.insert(10 * number, Int32Array.of(...row));
      for (const id of row) {
        const ofToken = postings.get(id) ?? [];
        postings.set(id, ofToken);
        ofToken[2] = lists.append(ofToken[2] ?? 0, place);
      }
    }
    const probed = (id: number, count = 1) => ({ count, postings: postings.get(id) });
    return { rows: made, probed };
  }

  it('keep their ids and numbers as they grow', () => {
    const given = Array.from({ length: 40 }, (_, row) => [row, 99] as const);
    const { rows } = filled(given);
    assert.deepEqual([...rows.ids.subarray(0, 80)], given.flat());
    assert.deepEqual([rows.numberOf(0), rows.numberOf(16), rows.numberOf(39)], [0, 160, 390]);
  });

  it('with what a candidate needs are found by its rarest tokens alone', () => {
    const { rows, probed } = filled([
      [1, 2],
      [2, 3],
      [4, 5],
    ]);
    const candidate = Int32Array.of(1, 2, 3);
    const tokens = [probed(1), probed(2), probed(3)];
    const found = (needed: number) => rows.sharing(tokens, signatureOf(candidate), 3, needed);
    // Whoever lacks the first two has one in common at most: the third is not looked up.
    assert.deepEqual(found(2), [0, 0, 1].sort());
    assert.deepEqual(found(3), []);
    assert.deepEqual(found(1).toSorted(), [0, 0, 1, 1]);
  });

  it('are left out where their signature lacks too many of the candidate’s', () => {
    const { rows, probed } = filled([
      [1, 2],
      [1, 40],
      [1, 9],
    ]);
    const candidate = Int32Array.of(1, 2, 40);
    const tokens = [probed(1), probed(2), probed(40)];
    assert.deepEqual(rows.sharing(tokens, signatureOf(candidate), 3, 2).toSorted(), [0, 0, 1]);
  });

  it('are found in each block of a token’s postings', () => {
    const given = Array.from({ length: 20 }, (_, row) => [7, 100 + row] as const);
    const { rows, probed } = filled(given);
    const found = rows.sharing([probed(7), probed(8)], signatureOf(Int32Array.of(7)), 1, 1);
    assert.deepEqual(
      found.toSorted((a, b) => a - b),
      [...given.keys()],
    );
  });
});

describe('the LCS of one candidate with many rows', () => {
  const lcsOf = (
    lcs: LcsWithMany,
    candidate: Int32Array,
    rows: Int32Array,
    start = 0,
    length = rows.length,
  ) => {
    lcs.begin(candidate);
    const found = lcs.with(rows, start, length);
    lcs.end();
    return found;
  };

  it('is of the row at its place, and forgets the candidate before', () => {
    const lcs = new LcsWithMany();
    const rows = Int32Array.of(1, 2, 3, 3, 2, 1);
    assert.equal(lcsOf(lcs, Int32Array.of(1, 2, 3), rows, 0, 3), 3);
    assert.equal(lcsOf(lcs, Int32Array.of(1, 2, 3), rows, 3, 3), 1);
    assert.equal(lcsOf(lcs, Int32Array.of(9, 3), rows, 0, 3), 1);
    assert.equal(lcsOf(lcs, Int32Array.of(9), rows, 0, 6), 0);
  });

  it('takes ids of any size, 32 tokens, and more', () => {
    const lcs = new LcsWithMany();
    for (const length of [1, 31, 32, 33, 80]) {
      const row = Int32Array.from({ length }, (_, position) => 1000 + 13 * position);
      assert.equal(lcsOf(lcs, row, row), length);
      assert.equal(lcsOf(lcs, row, row.toReversed()), 1);
      assert.equal(lcsOf(lcs, row, Int32Array.of(1024, ...row, 5000), 1, length), length);
    }
    assert.equal(lcsOf(new LcsWithMany(), Int32Array.of(1024), Int32Array.of(1024)), 1);
    // The array of ids grows, and keeps what it held.
    assert.equal(lcsOf(lcs, Int32Array.of(3, 1024, 60_000), Int32Array.of(3, 1024, 60_000)), 3);
    assert.equal(lcsOf(lcs, Int32Array.of(5, 8), Int32Array.of(3, 1024, 60_000)), 0);
  });
});
