import { Budget, budgetReached, type Reservation } from '../../../workflows/decisions/budget.ts';
import { AlpacaError } from '../../errors.ts';

/** A budget that askings at once share: who finds no room waits for those in flight. */
export class SharedBudget {
  readonly #budget: Budget;
  /** by place, then as they came */
  readonly #waiting: Waiting[] = [];

  /**
   * @param capUsd null for no cap, where the teacher is free
   * @param spentUsd dollars of it that were spent before
   * @param heldBack dollars of it, as they stand, that what is asked now must leave for later
   */
  constructor(capUsd: number | null, spentUsd = 0, heldBack?: () => number) {
    this.#budget = new Budget(() => capUsd, spentUsd, 1, heldBack);
  }

  get capUsd(): number | null {
    return this.#budget.capUsd;
  }

  get spentUsd(): number {
    return this.#budget.spentUsd;
  }

  get overrun(): number {
    return this.#budget.overrun;
  }

  get heldBackUsd(): number {
    return this.#budget.heldBackUsd;
  }

  /**
   * Reserves, waiting for askings in flight to end where that may make room; null where it cannot.
   *
   * @param place whoever has a lower one is served first, in whatever order they came
   * @param had is called before another can reserve: what is held back may grow with it
   */
  reserve(worstCaseUsd: number, { place = 0, had = () => {} }: Turn = {}): Promise<Reservation | null> {
    const { promise, resolve } = Promise.withResolvers<Reservation | null>();
    const after = this.#waiting.findLastIndex((other) => other.place <= place) + 1;
    this.#waiting.splice(after, 0, { worstCaseUsd, place, had, resolve });
    this.#serveSoon();
    return promise;
  }

  /** Once all have come that come at once. */
  #serveSoon(): void {
    setImmediate(() => this.#serve());
  }

  #serve(): void {
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      const reservation = this.#budget.reserve(first.worstCaseUsd);
      if (reservation === null && this.#budget.reservedUsd > 0) return;
      this.#waiting.shift();
      if (reservation !== null) first.had();
      first.resolve(
        reservation && {
          ...reservation,
          settle: (usd) => {
            reservation.settle(usd);
            this.#serveSoon();
          },
        },
      );
    }
  }
}

interface Turn {
  place?: number;
  had?(): void;
}

interface Waiting extends Required<Turn> {
  worstCaseUsd: number;
  resolve(reservation: Reservation | null): void;
}

/**
 * @param who cannot go on, as the message calls it
 * @param what would be asked next, and can cost `worstCaseUsd`
 * @param kept is kept, and costs nothing again
 */
export function budgetReachedError(
  budget: SharedBudget,
  { who, what, worstCaseUsd, kept }: { who: string; what: string; worstCaseUsd: number; kept: string },
): AlpacaError {
  return new AlpacaError(
    'BudgetReached',
    `${who} cannot go on: ${budgetReached(budget, what, worstCaseUsd)}.`,
    { remedy: `Raise the budget and go on: ${kept} so far are kept.` },
  );
}
