import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BLOCK, ENTRIES, PostingLists } from '../../../../../activities/dedupe/rouge/posting-lists.ts';

/** The entries of the list that begins at a block, read as an index does. */
function entriesOf({ blocks }: PostingLists, list: number): number[][] {
  const chain: number[][] = [];
  for (let block = list; block !== 0; block = blocks[block * BLOCK + ENTRIES] ?? 0) {
    const entries = [...blocks.subarray(block * BLOCK, block * BLOCK + ENTRIES)];
    chain.push(entries.includes(-1) ? entries.slice(0, entries.indexOf(-1)) : entries);
  }
  return chain;
}

describe('posting lists', () => {
  it('are chains of blocks of seven, the last block first', () => {
    const lists = new PostingLists();
    let [even, odd] = [0, 0];
    for (let entry = 0; entry < 16; entry += 2) {
      even = lists.append(even, entry);
      odd = lists.append(odd, entry + 1);
    }
    assert.deepEqual(entriesOf(lists, even), [[14], [0, 2, 4, 6, 8, 10, 12]]);
    assert.deepEqual(entriesOf(lists, odd), [[15], [1, 3, 5, 7, 9, 11, 13]]);
    assert.deepEqual([even, odd], [3, 4]);
  });

  it('know what was added last, in a block that is full too', () => {
    const lists = new PostingLists();
    assert.equal(lists.endsWith(0, 0), false);
    let list = 0;
    for (let entry = 10; entry < 18; entry += 1) {
      list = lists.append(list, entry);
      assert.deepEqual([lists.endsWith(list, entry), lists.endsWith(list, entry - 1)], [true, false]);
    }
  });

  it('keep what they hold as they grow, to the last place of the array', () => {
    const lists = new PostingLists();
    const before = lists.blocks.length;
    assert.equal(before, 4096);
    const begins = Array.from({ length: 511 }, (_, entry) => lists.append(0, entry));
    assert.equal(lists.blocks.length, before);
    begins.push(lists.append(0, 511));
    assert.equal(lists.blocks.length, 2 * before);
    assert.deepEqual(
      begins.flatMap((list) => entriesOf(lists, list).flat()),
      [...begins.keys()],
    );
  });
});
