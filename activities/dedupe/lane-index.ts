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
      sum += collect(bank, ids.length, best);
    }
    if (this.#longRows.length > 0) {
      const lcsWith = lcsAgainst(ids);
      for (const { row, ids: other } of this.#longRows) {
        const score = fMeasure(lcsWith(other), ids.length, other.length);
        if (score > 0) best.offer(row, score);
        sum += score;
      }
    }
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

/** Offers the best rows of a measured bank, and returns the sum of the scores of all its rows. */
function collect(bank: LaneBank, length: number, best: BestMatches): number {
  const { chunkLengths, sums, maxima } = bank;
  let sum = 0;
  for (let chunk = 0; chunk < chunkLengths.length; chunk += 1) {
    const longest = maxima[chunk] ?? 0;
    if (longest === 0) continue;
    const rowLength = chunkLengths[chunk] ?? 0;
    if (rowLength === 0) {
      sum += collectMixed(bank, chunk, length, best);
      continue;
    }
    // F is 2 LCS / (|a| + |b|) but for its last bits, so a mean needs no division for every row.
    const share = 2 / (length + rowLength);
    sum += share * (sums[chunk] ?? 0);
    if (share * longest >= best.worthwhile) offerChunk(bank, chunk, length, rowLength, best);
  }
  return sum;
}

function offerChunk(
  bank: LaneBank,
  chunk: number,
  length: number,
  rowLength: number,
  best: BestMatches,
): void {
  const lengths = bank.lengthsOf(chunk);
  const share = 2 / (length + rowLength);
  for (let place = 0; place < ROWS_PER_CHUNK; place += 1) {
    const lcs = lengths[place] ?? 0;
    if (lcs === 0 || share * lcs < best.worthwhile) continue;
    best.offer(bank.rowOfLane[chunk * ROWS_PER_CHUNK + place] ?? 0, fMeasure(lcs, length, rowLength));
  }
}

function collectMixed(bank: LaneBank, chunk: number, length: number, best: BestMatches): number {
  const lengths = bank.lengthsOf(chunk);
  let sum = 0;
  for (let place = 0; place < ROWS_PER_CHUNK; place += 1) {
    const lcs = lengths[place] ?? 0;
    if (lcs === 0) continue;
    const lane = chunk * ROWS_PER_CHUNK + place;
    const score = fMeasure(lcs, length, bank.lengthOfLane[lane] ?? 0);
    sum += score;
    best.offer(bank.rowOfLane[lane] ?? 0, score);
  }
  return sum;
}

/** The `count` best matches offered, in order. */
class BestMatches {
  readonly #count: number;
  readonly #matches: Match[] = [];
  /** What a score must reach to be worth computing to its last bit. */
  worthwhile = 0;

  constructor(count: number) {
    this.#count = count;
  }

  offer(row: number, score: number): void {
    const matches = this.#matches;
    let place = matches.length;
    for (; place > 0; place -= 1) {
      const above = matches[place - 1];
      if (above === undefined || above.score > score || (above.score === score && above.row < row)) break;
    }
    if (place >= this.#count) return;
    matches.splice(place, 0, { row, score });
    if (matches.length > this.#count) matches.pop();
    const last = matches[this.#count - 1];
    if (last !== undefined) this.worthwhile = last.score * (1 - ROUNDING);
  }

  /** The matches, and where there are too few the first rows of those that score 0. */
  filledUp(rows: number): Match[] {
    const matches = this.#matches;
    const named = new Set(matches.map(({ row }) => row));
    for (let row = 0; row < rows && matches.length < this.#count; row += 1)
      if (!named.has(row)) matches.push({ row, score: 0 });
    return matches;
  }
}

/** More than the relative error of 2 LCS / (|a| + |b|) against the F-measure's doubles (a few 2^-53). */
const ROUNDING = 1e-12;

/** Longer rows are compared one by one: 64 lanes as long as this take 32 KB. */
const LONGEST_IN_LANES = 4096;
