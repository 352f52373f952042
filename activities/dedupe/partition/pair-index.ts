import { Int32List } from '../int32-list.ts';
import { LcsWithMany, signatureOf } from '../overlap-rows.ts';
import { BLOCK, ENTRIES, PostingLists } from '../posting-lists.ts';
import { countOnes, fMeasure, lowestLcsAbove } from '../rouge.ts';
import { PartitionKeys, type PartitionOptions } from './partition-keys.ts';

/** Finds the pairs of one partition: every two rows added that belong to it and score above the threshold. */
export class PairIndex {
  readonly #threshold: number;
  readonly #partition: number;
  readonly #keys: PartitionKeys;
  readonly #lists = new PostingLists();
  /** per band the list of the rows that have a token in their prefix */
  readonly #bands: Array<Map<number, number> | undefined> = [];
  /** per row, its number, signature, and where its tokens end */
  readonly #numbers = new Int32List();
  readonly #low = new Int32List();
  readonly #high = new Int32List();
  readonly #ends = new Int32List();
  readonly #ids = new Int32List();
  /** per row, the last row that was compared with it */
  readonly #compared = new Int32List();
  /** per two lengths what `lowestLcsAbove` gives, as far as it was asked */
  readonly #needed: Array<Array<number | undefined> | undefined> = [];
  readonly #lcs = new LcsWithMany();

  constructor(options: PartitionOptions & { partition: number }) {
    this.#threshold = options.threshold;
    this.#partition = options.partition;
    this.#keys = new PartitionKeys(options);
  }

  /**
   * Adds a row by its number and its token ids, the rarest token's id the lowest. Calls `found` with the number
   * and the ROUGE-L F-measure of each earlier row that it makes a pair with, each once.
   */
  add(number: number, ids: Int32Array, found: (earlier: number, score: number) => void): void {
    const row = this.#numbers.length;
    const { low, high } = signatureOf(ids);
    const rarestFirst = ids.toSorted();
    this.#lcs.begin(ids);
    for (const { band, tokens } of this.#keys.prefixes(ids.length)) {
      for (let place = 0; place < tokens; place += 1) {
        const token = rarestFirst[place] ?? 0;
        if (place > 0 && token === rarestFirst[place - 1]) continue;
        if (this.#keys.partitionOf(band, token) !== this.#partition) continue;
        const lists = this.#listsOf(band);
        const list = lists.get(token) ?? 0;
        this.#compare(list, { row, band, place, length: ids.length, low, high }, found);
        lists.set(token, this.#lists.append(list, row));
      }
    }
    this.#lcs.end();
    this.#numbers.push(number);
    this.#low.push(low);
    this.#high.push(high);
    this.#ids.pushAll(ids);
    this.#ends.push(this.#ids.length);
    this.#compared.push(-1);
  }

  #compare(
    list: number,
    probe: { row: number; band: number; place: number; length: number; low: number; high: number },
    found: (earlier: number, score: number) => void,
  ): void {
    const { row, band, place, length, low, high } = probe;
    const { blocks } = this.#lists;
    const needed = this.#neededWith(length);
    const lows = this.#low.items;
    const highs = this.#high.items;
    const ends = this.#ends.items;
    const ids = this.#ids.items;
    const compared = this.#compared.items;
    const ownBand = this.#keys.bandOf(length) === band;
    for (let block = list; block !== 0; block = blocks[block * BLOCK + ENTRIES] ?? 0) {
      for (let slot = block * BLOCK; slot < block * BLOCK + ENTRIES; slot += 1) {
        const other = blocks[slot] ?? -1;
        if (other === -1) break;
        if (compared[other] === row) continue;
        const start = other === 0 ? 0 : (ends[other - 1] ?? 0);
        const otherLength = (ends[other] ?? 0) - start;
        // The longer row's band is the pair's: in a band of longer rows a row is there for those alone.
        if (!ownBand && this.#keys.bandOf(otherLength) !== band) continue;
        let least = needed[otherLength];
        if (least === undefined) {
          least = lowestLcsAbove(this.#threshold, length, otherLength);
          needed[otherLength] = least;
        }
        if (place > length - least) continue;
        compared[other] = row;
        const lacking = countOnes(low & ~(lows[other] ?? 0)) + countOnes(high & ~(highs[other] ?? 0));
        if (length - lacking < least) continue;
        const lcs = this.#lcs.with(ids, start, otherLength);
        if (lcs >= least) found(this.#numbers.at(other), fMeasure(lcs, length, otherLength));
      }
    }
  }

  #listsOf(band: number): Map<number, number> {
    const known = this.#bands[band];
    if (known !== undefined) return known;
    const made = new Map<number, number>();
    this.#bands[band] = made;
    return made;
  }

  #neededWith(length: number): Array<number | undefined> {
    const known = this.#needed[length];
    if (known !== undefined) return known;
    const made: Array<number | undefined> = [];
    this.#needed[length] = made;
    return made;
  }
}
