/**
 * A byte-level BPE for the benchmark, trained on its rows as Hugging Face's trainer does it: count words,
 * then merge the most frequent pair of neighbours until the vocabulary is full. Pairs that occur equally
 * often are merged in the order of their ids.
 */
export interface BytePairs {
  vocabulary: Record<string, number>;
  merges: Array<[string, string]>;
}

/**
 * @param pieces how often each piece (byte-level characters) occurs
 * @param entries size of the vocabulary, `special` tokens and alphabet included
 */
export function trainBytePairs(
  pieces: ReadonlyMap<string, number>,
  alphabet: readonly string[],
  special: readonly string[],
  entries: number,
): BytePairs {
  const tokens = [...special, ...alphabet];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const counts = [...pieces.values()];
  const words = [...pieces.keys()].map((piece) => Array.from(piece, (character) => ids.get(character) ?? 0));
  const pairs = new PairCounts();
  for (const [word, symbols] of words.entries()) pairs.add(symbols, word, counts[word] ?? 0);
  const merges: Array<[string, string]> = [];
  while (tokens.length < entries) {
    const best = pairs.mostFrequent();
    if (best === null) break;
    const [left, right] = [Math.floor(best / PAIR_BASE), best % PAIR_BASE];
    const merged = tokens.length;
    merges.push([tokens[left] ?? '', tokens[right] ?? '']);
    tokens.push(`${tokens[left]}${tokens[right]}`);
    for (const word of pairs.wordsWith(best)) {
      const symbols = words[word] ?? [];
      const count = counts[word] ?? 0;
      pairs.add(symbols, word, -count);
      words[word] = mergePair(symbols, left, right, merged);
      pairs.add(words[word] ?? [], word, count);
    }
    pairs.settle();
  }
  return { vocabulary: Object.fromEntries(tokens.map((token, id) => [token, id])), merges };
}

const PAIR_BASE = 65_536;

function mergePair(symbols: readonly number[], left: number, right: number, merged: number): number[] {
  const result: number[] = [];
  for (let i = 0; i < symbols.length; i += 1) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      result.push(merged);
      i += 1;
    } else result.push(symbols[i] ?? 0);
  }
  return result;
}

/** How often each pair occurs, in which words, and which is the most frequent: a heap with stale entries. */
class PairCounts {
  readonly #counts = new Map<number, number>();
  readonly #words = new Map<number, Set<number>>();
  readonly #changed = new Set<number>();
  readonly #heap: Array<readonly [count: number, pair: number]> = [];

  add(symbols: readonly number[], word: number, count: number): void {
    for (let i = 0; i + 1 < symbols.length; i += 1) {
      const pair = (symbols[i] ?? 0) * PAIR_BASE + (symbols[i + 1] ?? 0);
      this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + count);
      this.#changed.add(pair);
      if (count < 0) continue;
      const words = this.#words.get(pair);
      if (words) words.add(word);
      else this.#words.set(pair, new Set([word]));
    }
  }

  wordsWith(pair: number): number[] {
    return [...(this.#words.get(pair) ?? [])];
  }

  /** Takes up the pairs whose counts have changed. */
  settle(): void {
    for (const pair of this.#changed) {
      const count = this.#counts.get(pair) ?? 0;
      if (count > 0) this.#push([count, pair]);
      else {
        this.#counts.delete(pair);
        this.#words.delete(pair);
      }
    }
    this.#changed.clear();
  }

  /** The pair that occurs most often; null where none occurs twice. */
  mostFrequent(): number | null {
    if (this.#changed.size > 0) this.settle();
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      const [count, pair] = top;
      if (this.#counts.get(pair) === count) return count >= 2 ? pair : null;
      this.#pop();
    }
    return null;
  }

  #push(entry: readonly [number, number]): void {
    let place = this.#heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(place, parent)) return;
      this.#swap(place, parent);
      place = parent;
    }
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let place = 0; ; ) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      let first = place;
      if (left < this.#heap.length && this.#isBefore(left, first)) first = left;
      if (right < this.#heap.length && this.#isBefore(right, first)) first = right;
      if (first === place) return;
      this.#swap(place, first);
      place = first;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [countA, pairA] = this.#heap[a] ?? [0, 0];
    const [countB, pairB] = this.#heap[b] ?? [0, 0];
    return countA === countB ? pairA < pairB : countA > countB;
  }

  #swap(a: number, b: number): void {
    const [entryA, entryB] = [this.#heap[a], this.#heap[b]];
    if (entryA && entryB) [this.#heap[a], this.#heap[b]] = [entryB, entryA];
  }
}
