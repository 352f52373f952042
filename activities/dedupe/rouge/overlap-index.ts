import { LcsWithMany, type Postings, type ProbedToken, RowsOfLength, signatureOf } from './overlap-rows.ts';
import { PostingLists } from './posting-lists.ts';
import { fMeasure, lowestLcsAbove } from './rouge.ts';

/** A row of an index and its score. */
export interface Match {
  /** the row's number, in order of insertion from 0 */
  row: number;
  /** ROUGE-L F-measure */
  score: number;
}

/**
 * An inverted index that finds the row most similar to a candidate, if one scores above a threshold, while
 * computing few LCS lengths. It is exact, since it leaves out only rows that cannot score that high:
 *
 * - two lengths and the threshold give the number of tokens that the LCS must have; a row much shorter or
 *   longer than the candidate has no room for it;
 * - an LCS is no longer than what two rows have in common as bags of tokens. Where o are needed, a row shares
 *   at least one of any |candidate| - o + 1 of the candidate's tokens, at least two of one more, and so on:
 *   only the postings of the candidate's rarest tokens are read (the prefix filter of set similarity joins).
 */
export class OverlapIndex {
  readonly #threshold: number;
  /** the rows, by their length */
  readonly #rows: Array<RowsOfLength | undefined> = [];
  readonly #lists = new PostingLists();
  /** per token id, where it occurs */
  readonly #postings: Array<Postings | undefined> = [];
  /** per token id, how often it occurs */
  readonly #frequencies: number[] = [];
  /** per candidate length, the row lengths that can score above, and what they need for it */
  readonly #reachable = new Map<number, ReachableLength[]>();
  readonly #lcs = new LcsWithMany();
  #size = 0;
  #longest = 0;

  /** Scores must be strictly above `threshold` to be found. */
  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a row of token ids (integers from 0). */
  insert(ids: Int32Array): void {
    let rows = this.#rows[ids.length];
    if (rows === undefined) {
      rows = new RowsOfLength(ids.length, this.#lists);
      this.#rows[ids.length] = rows;
    }
    const place = rows.insert(this.#size, ids);
    this.#size += 1;
    for (const id of ids) this.#post(id, ids.length, place);
    if (ids.length > this.#longest) {
      this.#longest = ids.length;
      this.#reachable.clear();
    }
  }

  /**
   * The row with the highest score strictly above the threshold, the first inserted where several have it;
   * null where none is above.
   */
  nearest(ids: Int32Array): Match | null {
    const tokens = this.#rarestFirst(ids);
    const signature = signatureOf(ids);
    this.#lcs.begin(ids);
    let best: Match | null = null;
    for (const { length, needed } of this.#reachableFrom(ids.length)) {
      const rows = this.#rows[length];
      if (rows === undefined) continue;
      for (const place of rows.sharing(tokens, signature, ids.length, needed)) {
        const lcs = this.#lcs.with(rows.ids, place * length, length);
        if (lcs >= needed)
          best = better(best, { row: rows.numberOf(place), score: fMeasure(lcs, ids.length, length) });
      }
    }
    this.#lcs.end();
    return best;
  }

  #post(id: number, length: number, place: number): void {
    this.#frequencies[id] = this.#frequencyOf(id) + 1;
    let postings = this.#postings[id];
    if (postings === undefined) {
      postings = [];
      this.#postings[id] = postings;
    }
    const list = postings[length] ?? 0;
    if (!this.#lists.endsWith(list, place)) postings[length] = this.#lists.append(list, place);
  }

  #rarestFirst(ids: Int32Array): ProbedToken[] {
    const tokens: Array<ProbedToken & { id: number; frequency: number }> = [];
    for (const id of ids) {
      const known = tokens.find((token) => token.id === id);
      if (known !== undefined) known.count += 1;
      else tokens.push({ id, count: 1, frequency: this.#frequencyOf(id), postings: this.#postings[id] });
    }
    return tokens.sort((a, b) => a.frequency - b.frequency);
  }

  #frequencyOf(id: number): number {
    return this.#frequencies[id] ?? 0;
  }

  #reachableFrom(candidateLength: number): ReachableLength[] {
    const known = this.#reachable.get(candidateLength);
    if (known !== undefined) return known;
    const made: ReachableLength[] = [];
    for (let length = 1; length <= this.#longest; length += 1) {
      const needed = lowestLcsAbove(this.#threshold, candidateLength, length);
      if (needed <= candidateLength) made.push({ length, needed });
    }
    this.#reachable.set(candidateLength, made);
    return made;
  }
}

/** Rows of this length score above the threshold with an LCS of `needed` tokens or more. */
export interface ReachableLength {
  length: number;
  needed: number;
}

function better(best: Match | null, found: Match): Match {
  if (best === null || found.score > best.score) return found;
  return found.score === best.score && found.row < best.row ? found : best;
}
