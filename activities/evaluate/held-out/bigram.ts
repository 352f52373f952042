import { type Example, IGNORED_LABEL } from '../../model/example.ts';

/** A tokenized row: `labels[i]` is `inputIds[i]` where it is learned, IGNORED_LABEL where it is masked. */
export type TokenizedRow = Example;

export interface LossSum {
  /** next-token positions that count */
  targets: number;
  /** their negative log-likelihoods in nats, added up */
  sum: number;
}

/**
 * An add-one (Laplace) bigram model over the same targets that the decoder is measured on: the baseline of
 * a model that knows the last token and nothing else.
 *
 *   P(next | previous) = (count(previous, next) + 1) / (count(previous) + vocabulary)
 *
 * Counted are the pairs whose second token is a target; a row's first target follows the prompt's last token.
 */
export class BigramModel {
  readonly #vocabularySize: number;
  readonly #pairs = new Map<number, number>();
  readonly #previous = new Map<number, number>();

  /** `vocabularySize` is the number of entries of the model's output, the targets' sample space. */
  constructor(vocabularySize: number) {
    this.#vocabularySize = vocabularySize;
  }

  /** Counts a training row. */
  add(row: TokenizedRow): void {
    for (const [previous, next] of targetPairs(row)) {
      const pair = previous * this.#vocabularySize + next;
      this.#pairs.set(pair, (this.#pairs.get(pair) ?? 0) + 1);
      this.#previous.set(previous, (this.#previous.get(previous) ?? 0) + 1);
    }
  }

  probability(previous: number, next: number): number {
    const pair = this.#pairs.get(previous * this.#vocabularySize + next) ?? 0;
    return (pair + 1) / ((this.#previous.get(previous) ?? 0) + this.#vocabularySize);
  }

  /** The row's summed loss in nats. */
  loss(row: TokenizedRow): LossSum {
    const loss = { targets: 0, sum: 0 };
    for (const [previous, next] of targetPairs(row)) {
      loss.targets += 1;
      loss.sum -= Math.log(this.probability(previous, next));
    }
    return loss;
  }
}

/** (previous token, target) for each next-token position that the loss counts. */
function* targetPairs({ inputIds, labels }: TokenizedRow): Generator<[number, number]> {
  for (let position = 1; position < labels.length; position += 1) {
    const previous = inputIds[position - 1];
    const next = labels[position];
    if (previous !== undefined && next !== undefined && next !== IGNORED_LABEL) yield [previous, next];
  }
}
