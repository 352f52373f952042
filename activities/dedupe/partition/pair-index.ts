import { Int32List } from '../rouge/int32-list.ts';
import type { ReachableLength } from '../rouge/overlap-index.ts';
import { LcsWithMany, signatureOf } from '../rouge/overlap-rows.ts';
import { BLOCK, ENTRIES, PostingLists } from '../rouge/posting-lists.ts';
import { countOnesOfTwo, fMeasure, lowestLcsAbove } from '../rouge/rouge.ts';
import { PartitionKeys, type PartitionOptions } from './partition-keys.ts';

/** Told of the number of an earlier row that makes a pair, and of the ROUGE-L F-measure. */
export type FoundPair = (earlier: number, score: number) => void;

/** Finds the pairs of one partition: every two rows added that belong to it and score above the threshold. */
export class PairIndex {
  readonly #threshold: number;
  readonly #longest: number;
  readonly #partition: number;
  readonly #keys: PartitionKeys;
  readonly #lists = new PostingLists();
  /** per band and token, for each row length the list of the rows that have the token in their prefix */
  readonly #bands: Array<Map<number, number[]>> = [];
  /** per row its number, where its tokens end, and the last row that was compared with it */
  readonly #numbers = new Int32List();
  readonly #ends = new Int32List();
  readonly #compared = new Int32List();
  /** per row the low and the high half of its signature */
  readonly #signatures = new Int32List();
  readonly #ids = new Int32List();
  /** per row length and band, the lengths of the rows that make pairs of the band with it */
  readonly #partners: Array<ReachableLength[][] | undefined> = [];
  readonly #lcs = new LcsWithMany();

  constructor(options: PartitionOptions & { partition: number }) {
    this.#threshold = options.threshold;
    this.#longest = options.longest;
    this.#partition = options.partition;
    this.#keys = new PartitionKeys(options);
  }

  /**
   * Adds a row by its number and its token ids, the rarest token's id the lowest. Calls `found` for each earlier
   * row that it makes a pair with, once.
   */
  add(number: number, ids: Int32Array, found: FoundPair): void {
    const row = this.#numbers.length;
    const { low, high } = signatureOf(ids);
    const rarestFirst = ids.toSorted();
    this.#numbers.push(number);
    this.#signatures.push(low);
    this.#signatures.push(high);
    this.#ids.pushAll(ids);
    this.#ends.push(this.#ids.length);
    this.#compared.push(-1);
    this.#lcs.begin(ids);
    for (const { band, tokens } of this.#keys.prefixes(ids.length)) {
      const partners = this.#partnersOf(ids.length, band);
      for (let place = 0; place < tokens; place += 1) {
        const token = rarestFirst[place] ?? 0;
        if (place > 0 && token === rarestFirst[place - 1]) continue;
        if (this.#keys.partitionOf(band, token) !== this.#partition) continue;
        const lists = this.#listsOf(band, token);
        for (const partner of partners) {
          const list = lists[partner.length] ?? 0;
          // Of a pair's rows each has a common token among so many of its rarest.
          if (list !== 0 && place <= ids.length - partner.needed)
            this.#compare(list, row, ids.length, partner, found);
        }
        const entry = row * PLACES + Math.min(place, PLACES - 1);
        lists[ids.length] = this.#lists.append(lists[ids.length] ?? 0, entry);
      }
    }
    this.#lcs.end();
  }

  /** Compares a row with the rows of one length in a list. */
  #compare(list: number, row: number, length: number, partner: ReachableLength, found: FoundPair): void {
    const { needed, length: otherLength } = partner;
    const { blocks } = this.#lists;
    const signatures = this.#signatures.items;
    const low = signatures[2 * row] ?? 0;
    const high = signatures[2 * row + 1] ?? 0;
    const compared = this.#compared.items;
    for (let block = list; block !== 0; block = blocks[block * BLOCK + ENTRIES] ?? 0) {
      for (let slot = block * BLOCK; slot < block * BLOCK + ENTRIES; slot += 1) {
        const entry = blocks[slot] ?? -1;
        if (entry === -1) break;
        if ((entry & (PLACES - 1)) > otherLength - needed) continue;
        const other = entry >>> PLACE_BITS;
        const lacking = countOnesOfTwo(
          low & ~(signatures[2 * other] ?? 0),
          high & ~(signatures[2 * other + 1] ?? 0),
        );
        if (length - lacking < needed || compared[other] === row) continue;
        compared[other] = row;
        const lcs = this.#lcs.with(this.#ids.items, this.#ends.at(other) - otherLength, otherLength);
        if (lcs >= needed) found(this.#numbers.at(other), fMeasure(lcs, length, otherLength));
      }
    }
  }

  #listsOf(band: number, token: number): number[] {
    this.#bands[band] ??= new Map();
    const known = this.#bands[band].get(token);
    if (known !== undefined) return known;
    const made: number[] = [];
    this.#bands[band].set(token, made);
    return made;
  }

  #partnersOf(length: number, band: number): ReachableLength[] {
    this.#partners[length] ??= [];
    const known = this.#partners[length][band];
    if (known !== undefined) return known;
    const made: ReachableLength[] = [];
    for (let other = 1; other <= this.#longest; other += 1) {
      // The longer row's band is the pair's: in a band of longer rows a row is there for those alone.
      if (this.#keys.bandOf(Math.max(length, other)) !== band) continue;
      const needed = lowestLcsAbove(this.#threshold, length, other);
      if (needed <= length) made.push({ length: other, needed });
    }
    this.#partners[length][band] = made;
    return made;
  }
}

/** An entry of a list is a row and where in its prefix the token stands, the last place for all beyond. */
const PLACE_BITS = 3;
const PLACES = 1 << PLACE_BITS;
