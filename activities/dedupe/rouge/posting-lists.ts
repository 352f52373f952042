/**
 * Many lists of small integers that only grow, packed into one array as chains of blocks of seven entries and
 * the number of the next block: a tenth of the memory of as many JavaScript arrays, and one cache line where
 * those take several.
 */
export class PostingLists {
  // Block 0 is never used, so that 0 can stand for no block.
  #blocks = new Int32Array(1 << 12);
  #next = 1;

  /** Entries and links, for reading: from `list * 8` on seven entries or fewer, ended by -1, and the next block. */
  get blocks(): Int32Array {
    return this.#blocks;
  }

  /** Adds `entry` (from 0) to the list that begins at block `list`, 0 for a new one; returns where it begins. */
  append(list: number, entry: number): number {
    const filled = list === 0 ? ENTRIES : this.#filled(list);
    if (filled < ENTRIES) {
      this.#blocks[list * BLOCK + filled] = entry;
      return list;
    }
    const block = this.#next;
    const start = block * BLOCK;
    this.#next += 1;
    if (start + BLOCK > this.#blocks.length) {
      const larger = new Int32Array(2 * this.#blocks.length);
      larger.set(this.#blocks);
      this.#blocks = larger;
    }
    this.#blocks.fill(-1, start, start + ENTRIES);
    this.#blocks[start] = entry;
    this.#blocks[start + ENTRIES] = list;
    return block;
  }

  /** Whether `entry` was the last to be added to `list`. */
  endsWith(list: number, entry: number): boolean {
    return list !== 0 && this.#blocks[list * BLOCK + this.#filled(list) - 1] === entry;
  }

  #filled(block: number): number {
    let filled = 0;
    while (filled < ENTRIES && this.#blocks[block * BLOCK + filled] !== -1) filled += 1;
    return filled;
  }
}

export const ENTRIES = 7;
export const BLOCK = ENTRIES + 1;
