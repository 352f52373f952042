import { Int32List } from '../rouge/int32-list.ts';

/**
 * The different token sequences of a corpus, numbered in order of first sight from 0. Texts that are equal to
 * the tokens score 1 with each other and the same with all others, so pairs are looked for among these alone:
 * a row that comes a million times is one sequence.
 */
export class Sequences {
  readonly #ids = new Int32List();
  readonly #ends = new Int32List();
  /** open addressing: the number of a sequence plus one, 0 where free; at most half full */
  #table = new Int32Array(1 << 12);

  get size(): number {
    return this.#ends.length;
  }

  /** The token ids of a sequence; not to be changed. */
  at(number: number): Int32Array {
    const start = number === 0 ? 0 : this.#ends.at(number - 1);
    return this.#ids.items.subarray(start, this.#ends.at(number));
  }

  /** The number of the sequence of these token ids, which is a new one where it was not seen before. */
  add(ids: Int32Array): number {
    const place = this.#placeOf(ids);
    const found = this.#table[place] ?? 0;
    if (found !== 0) return found - 1;
    this.#ids.pushAll(ids);
    this.#ends.push(this.#ids.length);
    this.#table[place] = this.size;
    if (2 * this.size > this.#table.length) this.#rehash();
    return this.size - 1;
  }

  /** Puts the rarest token's id at 0, so that ids in ascending order are tokens in order of rarity. */
  renumberByRarity(vocabulary: number): void {
    const { items } = this.#ids;
    const frequencies = new Int32Array(vocabulary);
    for (const id of items) frequencies[id] = (frequencies[id] ?? 0) + 1;
    const rarestFirst = Int32Array.from(frequencies.keys()).sort(
      (a, b) => (frequencies[a] ?? 0) - (frequencies[b] ?? 0) || a - b,
    );
    const ranks = new Int32Array(vocabulary);
    for (const [rank, id] of rarestFirst.entries()) ranks[id] = rank;
    for (let index = 0; index < items.length; index += 1) items[index] = ranks[items[index] ?? 0] ?? 0;
    this.#rehash();
  }

  /** Where the table holds these token ids, or would. */
  #placeOf(ids: Int32Array): number {
    const mask = this.#table.length - 1;
    let place = hashOf(ids) & mask;
    for (;;) {
      const found = this.#table[place] ?? 0;
      if (found === 0 || equal(this.at(found - 1), ids)) return place;
      place = (place + 1) & mask;
    }
  }

  #rehash(): void {
    this.#table = new Int32Array(2 * this.#table.length);
    for (let number = 0; number < this.size; number += 1)
      this.#table[this.#placeOf(this.at(number))] = number + 1;
  }
}

function hashOf(ids: Int32Array): number {
  let hash = ids.length;
  for (let index = 0; index < ids.length; index += 1)
    hash = Math.imul(hash ^ (ids[index] ?? 0), 0x85ebca6b) ^ (hash >>> 13);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function equal(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}
