import { countOnes, lcsAgainst } from './rouge.ts';

/** For each row length, the places of the rows that hold a token, ascending. */
export type Postings = Array<number[] | undefined>;

/** A token of a candidate: how often the candidate holds it, and which rows do. */
export interface ProbedToken {
  count: number;
  postings: Postings | undefined;
}

/** The rows of one length in an `OverlapIndex`. */
export class RowsOfLength {
  readonly #length: number;
  /** per row, its number in the index */
  readonly #numbers: number[] = [];
  #ids: Int32Array<ArrayBuffer>;
  /** per row, at most how many probed tokens it shares; zero between calls */
  #shared = new Uint16Array(16);

  constructor(length: number) {
    this.#length = length;
    this.#ids = new Int32Array(16 * length);
  }

  /** The token ids of all rows: the row at `place` from place x length on. */
  get ids(): Int32Array {
    return this.#ids;
  }

  numberOf(place: number): number {
    return this.#numbers[place] ?? 0;
  }

  /** Adds a row and returns its place. */
  insert(number: number, ids: Int32Array): number {
    const place = this.#numbers.length;
    if (place === this.#shared.length) this.#grow();
    this.#numbers.push(number);
    this.#ids.set(ids, place * this.#length);
    return place;
  }

  /**
   * The places of all rows that may have `needed` tokens in common with a candidate of `length` tokens,
   * given rarest first. Reads the postings of as few tokens as leave a row that shares none, or only one, of
   * them short of `needed`.
   */
  sharing(tokens: readonly ProbedToken[], length: number, needed: number): number[] {
    const places: number[] = [];
    const { probed, unread } = probe(tokens, length, needed);
    const shared = this.#shared;
    const enough = needed - unread;
    for (let token = 0; token < probed; token += 1) {
      const { count, postings } = tokens[token] ?? NO_TOKEN;
      const posting = postings?.[this.#length];
      if (posting === undefined) continue;
      for (let i = 0; i < posting.length; i += 1) {
        const place = posting[i] ?? 0;
        const before = shared[place] ?? 0;
        shared[place] = before + count;
        if (before < enough && before + count >= enough) places.push(place);
      }
    }
    for (let token = 0; token < probed; token += 1) {
      const posting = tokens[token]?.postings?.[this.#length];
      if (posting === undefined) continue;
      for (let i = 0; i < posting.length; i += 1) shared[posting[i] ?? 0] = 0;
    }
    return places;
  }

  #grow(): void {
    const ids = new Int32Array(2 * this.#ids.length);
    ids.set(this.#ids);
    this.#ids = ids;
    this.#shared = new Uint16Array(2 * this.#shared.length);
  }
}

/** How many tokens to look up, and how many occurrences the others have. */
function probe(tokens: readonly ProbedToken[], length: number, needed: number) {
  let probed = 0;
  let unread = length;
  while (probed < tokens.length && unread + MOST_SHARED_UNSEEN >= needed) {
    unread -= tokens[probed]?.count ?? 0;
    probed += 1;
  }
  return { probed, unread };
}

/** Looking up one token more than is needed leaves out rows that share just one; 1 is fastest by trial. */
const MOST_SHARED_UNSEEN = 2;

const NO_TOKEN: ProbedToken = { count: 0, postings: undefined };

/**
 * The LCS length of one candidate with many rows. Up to 32 tokens the candidate's bits are kept by token id
 * in an array, and a row costs one step of word arithmetic a token.
 */
export class LcsWithMany {
  #bits = new Int32Array(1024);
  #ids: Int32Array = new Int32Array(0);
  #lcsWithLong: ((row: Int32Array) => number) | null = null;

  begin(ids: Int32Array): void {
    this.#ids = ids;
    this.#lcsWithLong = ids.length > 32 ? lcsAgainst(ids) : null;
    if (this.#lcsWithLong !== null) return;
    for (let position = 0; position < ids.length; position += 1) {
      const id = ids[position] ?? 0;
      if (id >= this.#bits.length) {
        const grown = new Int32Array(2 * id);
        grown.set(this.#bits);
        this.#bits = grown;
      }
      this.#bits[id] = (this.#bits[id] ?? 0) | (1 << position);
    }
  }

  /** With the row at [start, start + length) of `rows`. */
  with(rows: Int32Array, start: number, length: number): number {
    if (this.#lcsWithLong !== null) return this.#lcsWithLong(rows.subarray(start, start + length));
    const bits = this.#bits;
    let vector = -1;
    for (let position = start; position < start + length; position += 1) {
      const common = vector & (bits[rows[position] ?? 0] ?? 0);
      vector = (vector + common) | (vector - common);
    }
    return countOnes(~vector);
  }

  end(): void {
    if (this.#lcsWithLong === null) for (const id of this.#ids) this.#bits[id] = 0;
  }
}
