import { LaneBank } from './lane-bank.ts';
import { BITS_PER_WORD, createLaneKernels, type LaneKernels, ROWS_PER_CHUNK } from './lane-kernels.ts';
import { LaneMemory } from './lane-memory.ts';
import type { Match } from './overlap-index.ts';
import { fMeasure, lcsAgainst } from './rouge.ts';

/** What a candidate scores against every row of an index. */
export interface Scores {
  /** of the ROUGE-L F-measures against all rows, in no certain order of summation */
  sum: number;
  /** the best rows, highest first and among equals the first inserted first */
  best: Match[];
}

/**
 * Scores a candidate against every row inserted so far, exactly, with one bit vector a row and eight rows to
 * a SIMD instruction. Where `OverlapIndex` finds what is above a threshold, this computes every LCS.
 */
export class LaneIndex {
  readonly #memory = new LaneMemory();
  readonly #kernels: LaneKernels = createLaneKernels(this.#memory.wasm);
  readonly #banks = new Map<number, LaneBank>();
  readonly #longRows: Array<{ row: number; ids: Int32Array }> = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a row of token ids (integers from 0); rows are numbered from 0. */
  insert(ids: Int32Array): void {
    const row = this.#size;
    this.#size += 1;
    if (ids.length > LONGEST_IN_LANES) this.#longRows.push({ row, ids });
    else if (ids.length > 0) this.#bank(Math.ceil(ids.length / BITS_PER_WORD)).insert(row, ids);
  }

  /** Scores `ids` against all rows; `best` holds the `count` best, or all where there are fewer. */
  score(ids: Int32Array, count: number): Scores {
    const best = new BestMatches(count);
    let sum = 0;
    for (const bank of this.#banks.values()) {
      bank.measure(ids);
      sum += sumScores(bank, ids.length, best);
    }
    const lcsWith = this.#longRows.length > 0 ? lcsAgainst(ids) : () => 0;
    for (const { row, ids: other } of this.#longRows) {
      const score = fMeasure(lcsWith(other), ids.length, other.length);
      if (score > 0) best.offer(row, score);
      sum += score;
    }
    for (const bank of this.#banks.values()) offerRows(bank, ids.length, best);
    return { sum, best: best.filledUp(this.#size) };
  }

  #bank(words: number): LaneBank {
    const known = this.#banks.get(words);
    if (known !== undefined) return known;
    const made = new LaneBank(words, this.#memory, this.#kernels);
    this.#banks.set(words, made);
    return made;
  }
}

/** The sum of the scores of a measured bank's rows. Tells `best` how high each chunk reaches. */
function sumScores(bank: LaneBank, length: number, best: BestMatches): number {
  const { chunkLengths, sums, maxima } = bank;
  let sum = 0;
  for (let chunk = 0; chunk < chunkLengths.length; chunk += 1) {
    const longest = maxima[chunk] ?? 0;
    if (longest === 0) continue;
    const rowLength = chunkLengths[chunk] ?? 0;
    if (rowLength === 0) {
      sum += sumMixed(bank, chunk, length, best);
      continue;
    }
    // F is 2 LCS / (|a| + |b|) but for its last bits, so a sum needs no division for every row.
    const share = 2 / (length + rowLength);
    sum += share * (sums[chunk] ?? 0);
    best.expect(share * longest);
  }
  return sum;
}

/** A chunk of rows of several lengths is scored and offered row by row. */
function sumMixed(bank: LaneBank, chunk: number, length: number, best: BestMatches): number {
  const { lengths, rowOfLane, lengthOfLane } = bank;
  const start = bank.lengthsStart(chunk);
  let sum = 0;
  for (let place = 0; place < ROWS_PER_CHUNK; place += 1) {
    const lcs = lengths[start + place] ?? 0;
    if (lcs === 0) continue;
    const lane = chunk * ROWS_PER_CHUNK + place;
    const score = fMeasure(lcs, length, lengthOfLane[lane] ?? 0);
    sum += score;
    best.offer(rowOfLane[lane] ?? 0, score);
  }
  return sum;
}

/** Offers the rows of a measured bank that can be among the best. */
function offerRows(bank: LaneBank, length: number, best: BestMatches): void {
  const { chunkLengths, maxima, lengths, rowOfLane } = bank;
  for (let chunk = 0; chunk < chunkLengths.length; chunk += 1) {
    const longest = maxima[chunk] ?? 0;
    const rowLength = chunkLengths[chunk] ?? 0;
    if (longest === 0 || rowLength === 0) continue;
    const share = 2 / (length + rowLength);
    if (share * longest < best.worthwhile) continue;
    const firstLane = chunk * ROWS_PER_CHUNK;
    // The chunk's later rows only lose against equals, so its first stands for all of them.
    if (!best.wouldTake(rowOfLane[firstLane] ?? 0, fMeasure(longest, length, rowLength))) continue;
    const start = bank.lengthsStart(chunk);
    for (let place = 0; place < ROWS_PER_CHUNK; place += 1) {
      const lcs = lengths[start + place] ?? 0;
      if (lcs > 0 && share * lcs >= best.worthwhile)
        best.offer(rowOfLane[firstLane + place] ?? 0, fMeasure(lcs, length, rowLength));
    }
  }
}

/** The `count` best matches offered, in order. */
class BestMatches {
  readonly #count: number;
  readonly #matches: Match[] = [];
  /** the highest values of different rows that were told of, lowest first */
  readonly #expected: number[] = [];
  /** What a score must reach, but for its last bits, to be among the best. */
  worthwhile = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /** Tells of a row that is offered later, by its score but for its last bits. */
  expect(score: number): void {
    const expected = this.#expected;
    if (expected.length === this.#count) {
      if (score <= (expected[0] ?? 0)) return;
      expected.shift();
    }
    let place = expected.length;
    while (place > 0 && (expected[place - 1] ?? 0) > score) place -= 1;
    expected.splice(place, 0, score);
    if (expected.length === this.#count) this.#raise(expected[0] ?? 0);
  }

  wouldTake(row: number, score: number): boolean {
    const last = this.#matches[this.#count - 1];
    return last === undefined || score > last.score || (score === last.score && row < last.row);
  }

  offer(row: number, score: number): void {
    if (!this.wouldTake(row, score)) return;
    const matches = this.#matches;
    let place = matches.length;
    for (; place > 0; place -= 1) {
      const above = matches[place - 1];
      if (above === undefined || above.score > score || (above.score === score && above.row < row)) break;
    }
    matches.splice(place, 0, { row, score });
    if (matches.length > this.#count) matches.pop();
    const last = matches[this.#count - 1];
    if (last !== undefined) this.#raise(last.score);
  }

  /** The matches, and where there are too few the first rows of those that score 0. */
  filledUp(rows: number): Match[] {
    const matches = this.#matches;
    const named = new Set(matches.map(({ row }) => row));
    for (let row = 0; row < rows && matches.length < this.#count; row += 1)
      if (!named.has(row)) matches.push({ row, score: 0 });
    return matches;
  }

  #raise(score: number): void {
    this.worthwhile = Math.max(this.worthwhile, score * (1 - ROUNDING));
  }
}

/** More than the relative error of 2 LCS / (|a| + |b|) against the F-measure's doubles (a few 2^-53). */
const ROUNDING = 1e-12;

/** Longer rows are compared one by one: 64 lanes as long as this take 32 KB. */
const LONGEST_IN_LANES = 4096;
