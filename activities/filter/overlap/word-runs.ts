/**
 * Finds a run of so many tokens that stands in one of the texts inserted before. Runs are looked up by a hash and then
 * compared token by token, so that what is found is there.
 */
export class WordRuns {
  readonly #words: number;
  /** what the oldest token of a run counts in its hash */
  readonly #oldest: number;
  readonly #texts: Int32Array[] = [];
  /** by hash, runs that differ: text and place after one another */
  readonly #runs = new Map<number, number[]>();

  constructor(words: number) {
    this.#words = words;
    let oldest = 1;
    for (let i = 1; i < words; i += 1) oldest = Math.imul(oldest, BASE);
    this.#oldest = oldest;
  }

  /** Texts are numbered in the order of insertion, from 0. */
  insert(ids: Int32Array): void {
    const text = this.#texts.push(ids) - 1;
    for (const { hash, place } of this.#runsOf(ids)) {
      const known = this.#runs.get(hash);
      if (known === undefined) this.#runs.set(hash, [text, place]);
      else if (this.#textAmong(known, ids, place) === null) known.push(text, place);
    }
  }

  /** The first run of a text that is known, and the first text that has it; null where there is none. */
  find(ids: Int32Array): { place: number; text: number } | null {
    for (const { hash, place } of this.#runsOf(ids)) {
      const known = this.#runs.get(hash);
      const text = known === undefined ? null : this.#textAmong(known, ids, place);
      if (text !== null) return { place, text };
    }
    return null;
  }

  *#runsOf(ids: Int32Array): Generator<{ hash: number; place: number }> {
    let hash = 0;
    for (const [end, id] of ids.entries()) {
      const leaving = end < this.#words ? 0 : (ids[end - this.#words] ?? 0) + 1;
      hash = (Math.imul(hash - Math.imul(leaving, this.#oldest), BASE) + id + 1) | 0;
      if (end + 1 >= this.#words) yield { hash, place: end + 1 - this.#words };
    }
  }

  #textAmong(known: readonly number[], ids: Int32Array, place: number): number | null {
    for (let i = 0; i < known.length; i += 2) {
      const text = known[i] ?? 0;
      const [other, from] = [this.#texts[text], known[i + 1] ?? 0];
      let same = 0;
      while (same < this.#words && other?.[from + same] === ids[place + same]) same += 1;
      if (same === this.#words) return text;
    }
    return null;
  }
}

const BASE = 0x01000193;
