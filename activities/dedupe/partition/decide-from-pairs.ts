/** Decisions as `dedupeCorpus` gives them, per text of the corpus. */
export interface PairDecisions {
  resembles: Int32Array;
  scores: Float64Array;
}

/** Pairs of sequences above the threshold, in ascending order of the later one. */
export interface PairSource {
  readonly earlier: number;
  /** Infinity past the last pair */
  readonly later: number;
  readonly score: number;
  advance(): boolean;
  refill(): Promise<void>;
}

export interface PairDecisionOptions {
  /** how many of the texts come first and count as accepted */
  against: number;
  threshold: number;
}

/**
 * Decides on texts one after another, as if each were compared with everything accepted before it, from all
 * pairs of token sequences that score above the threshold. `sequences` has each text's sequence, numbered in
 * order of first sight, and -1 for a text without tokens, which resembles nothing. A pair may come more than
 * once. Takes time in proportion to texts and pairs, memory to sequences.
 */
export async function decideFromPairs(
  sequences: Int32Array,
  sources: readonly PairSource[],
  options: PairDecisionOptions,
): Promise<PairDecisions> {
  const decisions = new Decisions(sequences, options);
  for (let text = 0; text < sequences.length; text += 1) {
    const sequence = sequences[text] ?? -1;
    if (sequence === decisions.seen) decisions.first(text, await pairsOf(sequence, sources));
    else if (sequence !== -1) decisions.again(text, sequence);
  }
  return decisions;
}

interface ScoredPair {
  earlier: number;
  score: number;
}

async function pairsOf(later: number, sources: readonly PairSource[]): Promise<ScoredPair[]> {
  const pairs: ScoredPair[] = [];
  for (const source of sources) {
    while (source.later === later) {
      pairs.push({ earlier: source.earlier, score: source.score });
      if (!source.advance()) await source.refill();
    }
  }
  return pairs;
}

class Decisions implements PairDecisions {
  readonly resembles: Int32Array;
  readonly scores: Float64Array;
  /** how many sequences came so far */
  seen = 0;
  readonly #against: number;
  readonly #threshold: number;
  /** per sequence the text that it was first */
  readonly #firstText: Int32Array;
  readonly #accepted: Uint8Array;
  /** per rejected sequence, of the texts accepted so far the one it resembles most, and the score */
  readonly #nearest: Int32Array;
  readonly #nearestScore: Float64Array;

  constructor(sequences: Int32Array, { against, threshold }: PairDecisionOptions) {
    this.#against = against;
    this.#threshold = threshold;
    this.resembles = new Int32Array(sequences.length - against).fill(-1);
    this.scores = new Float64Array(sequences.length - against);
    const count = sequences.reduce((most, sequence) => Math.max(most, sequence + 1), 0);
    this.#firstText = new Int32Array(count);
    this.#accepted = new Uint8Array(count);
    this.#nearest = new Int32Array(count).fill(-1);
    this.#nearestScore = new Float64Array(count);
  }

  /** A text whose sequence is new, with the pairs that it makes with earlier ones. */
  first(text: number, pairs: readonly ScoredPair[]): void {
    const sequence = this.seen;
    this.seen += 1;
    this.#firstText[sequence] = text;
    for (const { earlier, score } of pairs)
      if (this.#accepted[earlier] === 1) this.#offer(sequence, this.#firstText[earlier] ?? 0, score);
    if (text >= this.#against && (this.#nearest[sequence] ?? -1) !== -1) {
      this.#reject(text, this.#nearest[sequence] ?? 0, this.#nearestScore[sequence] ?? 0);
      return;
    }
    this.#accepted[sequence] = 1;
    // What was rejected before and comes again is compared with this one too.
    for (const { earlier, score } of pairs)
      if (this.#accepted[earlier] === 0) this.#offer(earlier, text, score);
  }

  /** A text whose sequence came before: it scores 1 with that, and else what the first one would now. */
  again(text: number, sequence: number): void {
    if (text < this.#against) return;
    if (this.#accepted[sequence] === 0)
      this.#reject(text, this.#nearest[sequence] ?? 0, this.#nearestScore[sequence] ?? 0);
    else if (this.#threshold < 1) this.#reject(text, this.#firstText[sequence] ?? 0, 1);
  }

  #offer(sequence: number, text: number, score: number): void {
    const best = this.#nearestScore[sequence] ?? 0;
    const isNearer = score > best || (score === best && text < (this.#nearest[sequence] ?? 0));
    if (!isNearer) return;
    this.#nearest[sequence] = text;
    this.#nearestScore[sequence] = score;
  }

  #reject(text: number, resembled: number, score: number): void {
    this.resembles[text - this.#against] = resembled;
    this.scores[text - this.#against] = score;
  }
}
