import { BITS_PER_WORD, type LaneKernels, ROWS_PER_CHUNK, WORD_BYTES } from './lane-kernels.ts';
import type { LaneMemory } from './lane-memory.ts';

/**
 * Rows whose bit vectors take the same number of words, in chunks of 64. For each token it keeps where in them
 * it occurs: a list of (word, bits), and for tokens in many rows also a bank of bits that SIMD goes over.
 *
 * A chunk's rows are of one length up to `LONGEST_OF_ONE_LENGTH` tokens, so that their LCS lengths can be added
 * up before they are divided; longer rows are mixed.
 */
export class LaneBank {
  readonly words: number;
  /** per chunk, the length of its rows in tokens; 0 where it is mixed */
  readonly chunkLengths: number[] = [];
  /** per lane (chunk x 64 + place in it), the row's number; -1 where there is none */
  readonly rowOfLane: number[] = [];
  /** per lane, the row's length in tokens */
  readonly lengthOfLane: number[] = [];
  readonly #memory: LaneMemory;
  readonly #kernels: LaneKernels;
  readonly #openChunks = new Map<number, { chunk: number; filled: number }>();
  /** per token id, for each word that it occurs in: index of the word, bits, where the row's words end */
  readonly #sparse: Array<number[] | undefined> = [];
  /** for the tokens that occur most, the address of the same as a bank of bits laid out like the rows */
  readonly #dense = new Map<number, number>();
  #capacity = 0;
  #rows = 0;
  #sums = 0;
  #maxima = 0;

  constructor(words: number, memory: LaneMemory, kernels: LaneKernels) {
    this.words = words;
    this.#memory = memory;
    this.#kernels = kernels;
  }

  get chunks(): number {
    return this.chunkLengths.length;
  }

  /** Adds a row of at most words x 16 tokens. */
  insert(row: number, ids: Int32Array): void {
    const { chunk, place } = this.#claimLane(ids.length);
    this.rowOfLane[chunk * ROWS_PER_CHUNK + place] = row;
    this.lengthOfLane[chunk * ROWS_PER_CHUNK + place] = ids.length;
    const rowStart = chunk * this.words * ROWS_PER_CHUNK + place;
    const rowEnd = rowStart + this.words * ROWS_PER_CHUNK;
    for (let position = 0; position < ids.length; position += 1) {
      const index = rowStart + Math.floor(position / BITS_PER_WORD) * ROWS_PER_CHUNK;
      this.#mark(ids[position] ?? 0, index, 1 << (position % BITS_PER_WORD), rowEnd);
    }
  }

  /** Computes the LCS length of `ids` and every row; what the accessors below tell, until the next call. */
  measure(ids: Int32Array): void {
    const { words } = this;
    const rows = this.#rows;
    const end = rows + this.chunks * this.#chunkBytes;
    this.#memory.bytes.fill(0xff, rows, end);
    for (const id of ids) {
      const matches = this.#dense.get(id);
      if (matches === undefined) this.#stepSparse(this.#sparse[id] ?? []);
      else if (words === 1) this.#kernels.step(rows, matches, end);
      else this.#kernels.stepWide(rows, matches, end, words);
    }
    this.#kernels.measure(rows, end, words, this.#sums, this.#maxima);
  }

  /** Per chunk: the sum of its rows' LCS lengths; of use where its rows are of one length. */
  get sums(): Uint32Array {
    return this.#memory.integers.subarray(this.#sums / 4, this.#sums / 4 + this.chunks);
  }

  /** Per chunk: the longest LCS. */
  get maxima(): Uint32Array {
    return this.#memory.integers.subarray(this.#maxima / 4, this.#maxima / 4 + this.chunks);
  }

  /** The LCS lengths, those of `chunk` in the 64 lanes from `lengthsStart(chunk)` on. */
  get lengths(): Uint16Array {
    return this.#memory.lanes;
  }

  lengthsStart(chunk: number): number {
    return (this.#rows + chunk * this.#chunkBytes) / 2;
  }

  get #chunkBytes(): number {
    return this.words * WORD_BYTES;
  }

  #claimLane(length: number): { chunk: number; place: number } {
    const key = length <= LONGEST_OF_ONE_LENGTH ? length : 0;
    let open = this.#openChunks.get(key);
    if (open === undefined || open.filled === ROWS_PER_CHUNK) {
      open = { chunk: this.chunks, filled: 0 };
      this.#openChunks.set(key, open);
      this.chunkLengths.push(key);
      for (let place = 0; place < ROWS_PER_CHUNK; place += 1) {
        this.rowOfLane.push(-1);
        this.lengthOfLane.push(0);
      }
      if (this.chunks > this.#capacity) this.#grow();
    }
    const place = open.filled;
    open.filled += 1;
    return { chunk: open.chunk, place };
  }

  #mark(id: number, index: number, bit: number, rowEnd: number): void {
    const sparse = this.#sparse[id];
    if (sparse === undefined) this.#sparse[id] = [index, bit, rowEnd];
    else if (sparse[sparse.length - 3] === index)
      sparse[sparse.length - 2] = (sparse[sparse.length - 2] ?? 0) | bit;
    else sparse.push(index, bit, rowEnd);
    const matches = this.#dense.get(id);
    if (matches === undefined) return;
    const { lanes } = this.#memory;
    lanes[matches / 2 + index] = (lanes[matches / 2 + index] ?? 0) | bit;
  }

  /** One token that occurs in few rows, on those rows alone. */
  #stepSparse(sparse: readonly number[]): void {
    if (this.words === 1) this.#stepSparseNarrow(sparse);
    else this.#stepSparseWide(sparse);
  }

  #stepSparseNarrow(sparse: readonly number[]): void {
    const { lanes } = this.#memory;
    const first = this.#rows / 2;
    for (let i = 0; i < sparse.length; i += ENTRY) {
      const index = first + (sparse[i] ?? 0);
      const before = lanes[index] ?? 0;
      const common = before & (sparse[i + 1] ?? 0);
      lanes[index] = (before + common) | (before - common);
    }
  }

  #stepSparseWide(sparse: readonly number[]): void {
    const { lanes } = this.#memory;
    const first = this.#rows / 2;
    for (let i = 0; i < sparse.length; ) {
      const rowEnd = sparse[i + 2] ?? 0;
      let carry = 0;
      // A row's words lie 64 lanes apart; those that the token is in come one after another in the list.
      for (let index = sparse[i] ?? 0; index < rowEnd; index += ROWS_PER_CHUNK) {
        const marked = sparse[i] === index && sparse[i + 2] === rowEnd;
        const before = lanes[first + index] ?? 0;
        const common = marked ? before & (sparse[i + 1] ?? 0) : 0;
        const sum = before + common + carry;
        lanes[first + index] = sum | (before - common);
        carry = sum >>> BITS_PER_WORD;
        if (marked) i += ENTRY;
        if (carry === 0 && sparse[i + 2] !== rowEnd) break;
      }
    }
  }

  /** Doubles the room for chunks, and chooses anew which tokens have a bank of bits. */
  #grow(): void {
    this.#capacity = Math.max(4, 2 * this.#capacity);
    this.#rows = this.#memory.allocate(this.#capacity * this.#chunkBytes);
    this.#sums = this.#memory.allocate(this.#capacity * 4);
    this.#maxima = this.#memory.allocate(this.#capacity * 4);
    this.#dense.clear();
    const enough = DENSE_FROM * this.chunks * ROWS_PER_CHUNK * this.words;
    for (const [id, sparse] of this.#sparse.entries())
      if (sparse !== undefined && sparse.length / ENTRY > enough) this.#makeDense(id, sparse);
  }

  #makeDense(id: number, sparse: readonly number[]): void {
    const matches = this.#memory.allocate(this.#capacity * this.#chunkBytes);
    const { lanes } = this.#memory;
    for (let i = 0; i < sparse.length; i += ENTRY) lanes[matches / 2 + (sparse[i] ?? 0)] = sparse[i + 1] ?? 0;
    this.#dense.set(id, matches);
  }
}

/** Numbers in one entry of a sparse list. */
const ENTRY = 3;

/** Up to this many tokens a chunk's rows are of one length: 64 rows of 64 tokens add up in 16 bits. */
const LONGEST_OF_ONE_LENGTH = 64;

/** A token in more than this share of all words is cheaper to go over in whole vectors. Found by trial. */
const DENSE_FROM = 1 / 32;
