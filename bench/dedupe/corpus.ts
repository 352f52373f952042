import { PhiloxStream } from '../../activities/philox.ts';

/**
 * A corpus with the shape of the recipe's released instructions (52,002 rows): how long rows are, how often
 * words occur, and a share of near duplicates. Its words mean nothing.
 */
export interface CorpusPlan {
  rows: number;
  /** rows that are another row with one or two tokens changed */
  nearDuplicates: number;
  /** rows that share 7 of 10 tokens with another: ROUGE-L is exactly 0.7, which is kept */
  atThreshold: number;
}

export const RELEASED: CorpusPlan = { rows: 52_002, nearDuplicates: 2_600, atThreshold: 400 };

/**
 * [share of rows, tokens]: where the released rows, shortest first, reach so many tokens. A little early, so
 * that rows copied from others (a bit shorter on average) leave the percentiles where they should be.
 */
const LENGTHS: ReadonlyArray<[number, number]> = [
  [0, 2],
  [0.0095, 4],
  [0.048, 6],
  [0.245, 8],
  [0.49, 10],
  [0.738, 12],
  [0.944, 17],
  [0.9898, 22],
  [0.999, 30],
  [1, 88],
];

/** [rank, share of all tokens] of the released rows' words, most frequent first. */
const FREQUENCIES: ReadonlyArray<[number, number]> = [
  [1, 0.082],
  [10, 0.013],
  [100, 0.0012],
  [1000, 0.00011],
];
const VOCABULARY = 13_912;
const OCCURRING_ONCE = 5_495;
/** Heaps' law: how the vocabulary of English text grows with its length, as a power of it. */
const VOCABULARY_GROWTH = 0.6;

/** The vocabulary of a corpus of so many rows, and how many of its words occur more than once. */
function vocabularyOf(rows: number): { words: number; repeated: number } {
  const times = (rows / RELEASED.rows) ** VOCABULARY_GROWTH;
  return {
    words: Math.round(VOCABULARY * times),
    repeated: Math.round((VOCABULARY - OCCURRING_ONCE) * times),
  };
}

/** Builds the instructions; the same seed gives the same ones. */
export function buildCorpus(plan: CorpusPlan = RELEASED, seed = 1): string[] {
  const random = new PhiloxStream(seed, 'shuffle', 0);
  const originals = plan.rows - plan.nearDuplicates - plan.atThreshold;
  const rows = drawRows(originals, vocabularyOf(plan.rows), random);
  const { repeated } = vocabularyOf(plan.rows);
  const copied = (row: readonly number[]) => row.every((rank) => rank <= repeated);
  const sources = rows.filter(copied);
  const ofTen = sources.filter((row) => row.length === 10);
  const copies = [
    ...Array.from({ length: plan.nearDuplicates }, () =>
      change(pick(sources, random), 1 + random.nextBelow(2), random),
    ),
    ...Array.from({ length: plan.atThreshold }, () => change(pick(ofTen, random), 3, random)),
  ];
  return spread(copies, rows, random).map((row) => sentence(row));
}

/** Puts the copies at random places among the rows. */
function spread(copies: number[][], rows: number[][], random: PhiloxStream): number[][] {
  const places = Array.from({ length: rows.length + copies.length }, (_, place) => place);
  shuffle(places, random);
  const spreadOut: number[][] = [];
  for (const [index, copy] of copies.entries()) spreadOut[places[index] ?? 0] = copy;
  let next = 0;
  for (let place = 0; place < places.length; place += 1) {
    if (spreadOut[place] !== undefined) continue;
    spreadOut[place] = rows[next] ?? [];
    next += 1;
  }
  return spreadOut;
}

/** Rows of word ranks: every word as often as its rank asks for, in random order. */
function drawRows(
  count: number,
  vocabulary: { words: number; repeated: number },
  random: PhiloxStream,
): number[][] {
  const lengths = Array.from({ length: count }, (_, index) => lengthAt((index + 0.5) / count));
  shuffle(lengths, random);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const words = countsByRank(total, vocabulary).flatMap((occurrences, index) =>
    new Array<number>(occurrences).fill(index + 1),
  );
  shuffle(words, random);
  let next = 0;
  return lengths.map((length) => {
    next += length;
    return words.slice(next - length, next);
  });
}

function lengthAt(share: number): number {
  const after = LENGTHS.findIndex(([upTo]) => share <= upTo);
  const [low, shortest] = LENGTHS[after - 1] ?? [0, 1];
  const [high, longest] = LENGTHS[after] ?? [1, 1];
  // Longer lengths are rarer, most of all in the last stretch.
  const within = ((share - low) / (high - low)) ** (high === 1 ? 4 : 1);
  return Math.floor(shortest + (longest - shortest) * within);
}

/** How often the word of each rank occurs, so that all occurrences add up to `total`. */
function countsByRank(total: number, { words, repeated }: { words: number; repeated: number }): number[] {
  const anchors: Array<[number, number]> = [
    ...FREQUENCIES.map(([rank, share]): [number, number] => [rank, share * total]),
    [repeated, 2],
  ];
  const counts = Array.from({ length: words }, (_, index) =>
    index < repeated ? Math.max(2, Math.round(powerLaw(anchors, index + 1))) : 1,
  );
  // What rounding and the straight lines between the anchors leave over goes to the middle ranks in turn.
  let left = total - counts.reduce((sum, count) => sum + count, 0);
  for (let index = 10; left !== 0; index = index === 998 ? 10 : index + 1) {
    if (index === 99) continue;
    const most = Math.ceil((counts[index] ?? 0) / 100);
    const step = left > 0 ? Math.min(left, most) : Math.max(left, -most);
    counts[index] = (counts[index] ?? 0) + step;
    left -= step;
  }
  return counts;
}

/** Straight lines between the anchors on logarithmic axes. */
function powerLaw(anchors: ReadonlyArray<[number, number]>, rank: number): number {
  const after = Math.max(
    1,
    anchors.findIndex(([upTo]) => rank <= upTo),
  );
  const [lowRank, high] = anchors[after - 1] ?? [1, 1];
  const [highRank, low] = anchors[after] ?? [1, 1];
  const within = Math.log(rank / lowRank) / Math.log(highRank / lowRank);
  return high * (low / high) ** within;
}

/** Puts words of middling frequency that the row does not hold in place of `changes` of its tokens. */
function change(row: readonly number[], changes: number, random: PhiloxStream): number[] {
  const changed = [...row];
  const places = changed.map((_, place) => place);
  shuffle(places, random);
  for (const place of places.slice(0, changes)) {
    let word = 100 + random.nextBelow(4000);
    while (changed.includes(word)) word = 100 + random.nextBelow(4000);
    changed[place] = word;
  }
  return changed;
}

const CONSONANTS = 'bcdfghjklmnprstvz';
const VOWELS = 'aeiou';

/** A word for a rank, short where it is frequent: syllables written in base 85. */
function wordOf(rank: number): string {
  let word = '';
  for (let rest = rank; rest > 0; rest = Math.floor(rest / 85)) {
    const syllable = rest % 85;
    word += `${CONSONANTS[syllable % 17]}${VOWELS[Math.floor(syllable / 17)]}`;
  }
  return word;
}

function sentence(row: readonly number[]): string {
  const text = row.map(wordOf).join(' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function pick<Item>(items: readonly Item[], random: PhiloxStream): Item {
  const item = items[random.nextBelow(items.length)];
  if (item === undefined) throw new RangeError('There is nothing to pick from.');
  return item;
}

function shuffle(items: number[], random: PhiloxStream): void {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = random.nextBelow(last + 1);
    [items[last], items[other]] = [items[other] ?? 0, items[last] ?? 0];
  }
}
