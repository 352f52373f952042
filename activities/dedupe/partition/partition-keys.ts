import { lowestLcsAbove } from '../rouge/rouge.ts';

/** A row's tokens that stand for it in one band: so many of its rarest. */
export interface BandPrefix {
  band: number;
  tokens: number;
}

export interface PartitionOptions {
  /** pairs must score strictly above it */
  threshold: number;
  partitions: number;
  /** the most tokens of any row */
  longest: number;
}

/**
 * Which partition looks at which pairs of rows. A pair belongs to the band of its longer row's length. In
 * each band that a row can have a pair in, it is known by its prefix: an LCS of o tokens is o tokens in common,
 * so of two rows with a and b tokens each one's rarest a - o + 1 and b - o + 1 (in one order for all) have one
 * in common. Band and token together name a partition: it finds all pairs of the band with that token in both
 * prefixes. So every pair above the threshold is found in some partition, and a row goes to few of many.
 */
export class PartitionKeys {
  readonly #options: PartitionOptions;
  /** the shortest length of each band, and one past the longest */
  readonly #starts: number[] = [1];
  readonly #bands: Uint16Array;
  readonly #prefixes: Array<BandPrefix[] | undefined> = [];

  constructor(options: PartitionOptions) {
    this.#options = options;
    this.#bands = new Uint16Array(options.longest + 1);
    for (let start = 1; start <= options.longest; ) {
      const next = Math.max(start + 1, Math.ceil(start * BAND_WIDTH));
      this.#bands.fill(this.#starts.length - 1, start, next);
      this.#starts.push(next);
      start = next;
    }
  }

  bandOf(length: number): number {
    return this.#bands[length] ?? 0;
  }

  /** The bands that a row of `length` tokens can have a pair in, and how many of its rarest tokens count there. */
  prefixes(length: number): readonly BandPrefix[] {
    const known = this.#prefixes[length];
    if (known !== undefined) return known;
    const made: BandPrefix[] = [];
    for (let band = this.bandOf(length); band < this.#starts.length - 1; band += 1) {
      const needed = this.#leastNeeded(length, band);
      if (needed <= length) made.push({ band, tokens: length - needed + 1 });
      // What is too long to resemble the row is followed by what is longer still.
      else if (band > this.bandOf(length)) break;
    }
    this.#prefixes[length] = made;
    return made;
  }

  /** The partitions that a row goes to, by its token ids, the rarest token's id the lowest. */
  partitionsOf(ids: Int32Array): Set<number> {
    const rarestFirst = ids.toSorted();
    const partitions = new Set<number>();
    for (const { band, tokens } of this.prefixes(ids.length)) {
      for (let place = 0; place < tokens; place += 1)
        partitions.add(this.partitionOf(band, rarestFirst[place] ?? 0));
    }
    return partitions;
  }

  partitionOf(band: number, token: number): number {
    let hash = Math.imul(token, 0x9e3779b1) ^ Math.imul(band + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return ((hash ^ (hash >>> 13)) >>> 0) % this.#options.partitions;
  }

  /** The shortest LCS above the threshold with any row that makes a pair of this band. */
  #leastNeeded(length: number, band: number): number {
    const { threshold, longest } = this.#options;
    const shortest = band === this.bandOf(length) ? 1 : (this.#starts[band] ?? 1);
    const end = Math.min(longest, (this.#starts[band + 1] ?? 1) - 1);
    let least = Number.POSITIVE_INFINITY;
    for (let other = shortest; other <= end; other += 1)
      least = Math.min(least, lowestLcsAbove(threshold, length, other));
    return least;
  }
}

/** Each band's lengths go up to so many times its shortest: narrow ones have short prefixes, but are many. */
const BAND_WIDTH = 1.25;
