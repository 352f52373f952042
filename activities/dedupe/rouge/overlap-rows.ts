import { BLOCK, ENTRIES, type PostingLists } from './posting-lists.ts';
import { countOnes, countOnesOfTwo, lcsAgainst } from './rouge.ts';

/** For each row length, the list (in `PostingLists`) of the places of the rows that hold a token. */
export type Postings = Array<number | undefined>;

/** A token of a candidate: how often the candidate holds it, and which rows do. */
export interface ProbedToken {
  count: number;
  postings: Postings | undefined;
}

/** The rows of one length in an `OverlapIndex`. */
export class RowsOfLength {
  readonly #length: number;
  readonly #lists: PostingLists;
  /** per row, its number in the index */
  readonly #numbers: number[] = [];
  #ids: Int32Array<ArrayBuffer>;
  /** per row, its signature's low and high half */
  #signatures = new Int32Array(32);

  constructor(length: number, lists: PostingLists) {
    this.#length = length;
    this.#lists = lists;
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
    if (2 * place === this.#signatures.length) this.#grow();
    this.#numbers.push(number);
    this.#ids.set(ids, place * this.#length);
    const { low, high } = signatureOf(ids);
    this.#signatures[2 * place] = low;
    this.#signatures[2 * place + 1] = high;
    return place;
  }

  /**
   * The places of all rows that may have `needed` tokens in common with a candidate of `length` tokens,
   * given rarest first; some may come twice. Looks up as few tokens as leave a row that holds none of them
   * short of `needed`, and then leaves out the rows whose signature shows that they lack too many.
   */
  sharing(
    tokens: readonly ProbedToken[],
    { low, high }: Signature,
    length: number,
    needed: number,
  ): number[] {
    const places: number[] = [];
    const signatures = this.#signatures;
    const { blocks } = this.#lists;
    let unread = length;
    for (let token = 0; token < tokens.length && unread >= needed; token += 1) {
      const { count, postings } = tokens[token] ?? NO_TOKEN;
      unread -= count;
      let block = postings?.[this.#length] ?? 0;
      while (block !== 0) {
        const start = block * BLOCK;
        for (let slot = 0; slot < ENTRIES; slot += 1) {
          const place = blocks[start + slot] ?? -1;
          if (place === -1) break;
          const lacking = countOnesOfTwo(
            low & ~(signatures[2 * place] ?? 0),
            high & ~(signatures[2 * place + 1] ?? 0),
          );
          if (length - lacking >= needed) places.push(place);
        }
        block = blocks[start + ENTRIES] ?? 0;
      }
    }
    return places;
  }

  #grow(): void {
    const ids = new Int32Array(2 * this.#ids.length);
    ids.set(this.#ids);
    this.#ids = ids;
    const signatures = new Int32Array(2 * this.#signatures.length);
    signatures.set(this.#signatures);
    this.#signatures = signatures;
  }
}

/**
 * 64 bits, of which each token sets one by its id: every bit that a row's signature lacks of a candidate's
 * is at least one token that the row lacks.
 */
export interface Signature {
  low: number;
  high: number;
}

export function signatureOf(ids: Int32Array): Signature {
  let low = 0;
  let high = 0;
  for (const id of ids) {
    if ((id & 32) === 0) low |= 1 << id;
    else high |= 1 << id;
  }
  return { low, high };
}

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
