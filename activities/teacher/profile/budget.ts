import { Budget, budgetReached, type Reservation } from '../../../workflows/decisions/budget.ts';
import { AlpacaError } from '../../errors.ts';

/** A budget that askings at once share: who finds no room waits for those in flight. */
export class SharedBudget {
  readonly #budget: Budget;
  #settled = Promise.withResolvers<void>();

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
   * @param had is called before another can reserve: what is held back may grow with it
   */
  async reserve(worstCaseUsd: number, had = () => {}): Promise<Reservation | null> {
    for (;;) {
      const reservation = this.#budget.reserve(worstCaseUsd);
      if (reservation !== null) {
        had();
        return { ...reservation, settle: (usd) => this.#settle(reservation, usd) };
      }
      if (this.#budget.reservedUsd === 0) return null;
      await this.#settled.promise;
    }
  }

  #settle(reservation: Reservation, paidUsd: number): void {
    reservation.settle(paidUsd);
    this.#settled.resolve();
    this.#settled = Promise.withResolvers();
  }
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
