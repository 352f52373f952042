import type { Pause } from '../contracts/progress.ts';
import { usd } from './screen/money-text.ts';

/**
 * A hard cap in dollars. The worst case is reserved before anything is asked, and settled with what it cost:
 * what is spent and what is reserved together never pass the cap. Where an endpoint bills beyond the worst case, as
 * for thinking that no token limit holds, all that is reserved, in flight or later, is so many times more: the cap is
 * passed by no more than what was in flight when that was learnt.
 */
export class Budget {
  readonly #cap: () => number | null;
  readonly #heldBack: () => number;
  readonly #reserved = new Set<{ usd: number }>();
  #spentUsd: number;
  #overrun: number;

  /**
   * @param cap in dollars, as it stands; null where asking is free
   * @param spentUsd dollars of it that were spent before
   * @param overrun what was learnt before
   * @param heldBack dollars of it, as they stand, that what is asked now must leave for later
   */
  constructor(cap: () => number | null, spentUsd = 0, overrun = 1, heldBack = () => 0) {
    this.#cap = cap;
    this.#heldBack = heldBack;
    this.#spentUsd = spentUsd;
    this.#overrun = overrun;
  }

  get capUsd(): number | null {
    return this.#cap();
  }

  get spentUsd(): number {
    return this.#spentUsd;
  }

  /** how many times its worst case an asking has cost at the most; 1 where none has cost more */
  get overrun(): number {
    return this.#overrun;
  }

  get reservedUsd(): number {
    let sum = 0;
    for (const { usd } of this.#reserved) sum += usd;
    return sum * this.#overrun;
  }

  get heldBackUsd(): number {
    return this.#heldBack();
  }

  affords(usd: number): boolean {
    return this.capUsd === null || this.#takenUsd + usd * this.#overrun <= this.capUsd;
  }

  /** how often `usd` can be reserved */
  timesAffordable(usd: number): number {
    const left = leftUsd(this.capUsd, this.#takenUsd);
    if (left === null || usd === 0) return Number.POSITIVE_INFINITY;
    let times = Math.min(Math.floor(left / (usd * this.#overrun)), Number.MAX_SAFE_INTEGER);
    // Rounding must not pass the cap either.
    while (times > 0 && !this.affords(times * usd)) times -= 1;
    return times;
  }

  get #takenUsd(): number {
    return this.spentUsd + this.reservedUsd + this.heldBackUsd;
  }

  /** What was paid before, and is learnt of now. */
  book(paidUsd: number): void {
    this.#spentUsd += paidUsd;
  }

  /** @returns null where it might pass the cap */
  reserve(usd: number): Reservation | null {
    if (!this.affords(usd)) return null;
    const reserved = { usd };
    this.#reserved.add(reserved);
    return {
      lower: (worstCaseUsd) => {
        reserved.usd = Math.min(reserved.usd, worstCaseUsd);
      },
      settle: (paidUsd) => {
        this.#reserved.delete(reserved);
        this.#spentUsd += paidUsd;
        if (reserved.usd > 0 && paidUsd > reserved.usd * ROUNDING)
          this.#overrun = Math.max(this.#overrun, paidUsd / reserved.usd);
      },
    };
  }
}

/** Sums of what was paid and of what was reserved differ in their last digits. */
const ROUNDING = 1 + 1e-9;

export interface Reservation {
  /** The worst case is known to be less. */
  lower(worstCaseUsd: number): void;
  /** Ends the reservation with what was paid. */
  settle(paidUsd: number): void;
}

/**
 * Dollars of a cap that are left.
 *
 * @param takenUsd spent, and reserved where anything is
 * @returns null where there is no cap
 */
export function leftUsd(capUsd: number | null, takenUsd: number): number | null {
  return capUsd === null ? null : Math.max(0, capUsd - takenUsd);
}

/**
 * Why nothing more is asked: `the budget of 3.00 USD is reached: 2.50 USD is spent and one more request can cost
 * 1.00 USD`; of money that is held back it says so.
 *
 * @param what would be asked next, and can cost `worstCaseUsd`
 */
export function budgetReached(
  { capUsd, spentUsd, overrun, heldBackUsd }: BudgetFigures,
  what: string,
  worstCaseUsd: number,
): string {
  const [cap, spent, most] = [usd(capUsd ?? 0), usd(spentUsd), usd(worstCaseUsd * overrun)];
  const learnt =
    overrun === 1 ? '' : ` (answers have cost up to ${overrun.toFixed(1)} times their worst case)`;
  const held = heldBackUsd === 0 ? '' : `, ${usd(heldBackUsd)} is held back for the stages to come`;
  return `the budget of ${cap} is reached: ${spent} is spent${held} and ${what} can cost ${most}${learnt}`;
}

export type BudgetFigures = Pick<Budget, 'capUsd' | 'spentUsd' | 'overrun' | 'heldBackUsd'>;

/** The same as what a run waits for. */
export function budgetPause(budget: Budget, what: string, worstCaseUsd: number): Pause {
  const goesOn =
    budget.heldBackUsd === 0 ? 'setBudget goes on' : 'setBudget goes on, stopEarly with what there is';
  return {
    kind: 'budget',
    reason: `${budgetReached(budget, what, worstCaseUsd)}; everything is kept, ${goesOn}`,
  };
}

/** Of a budget: who wants to raise it in time hears of it then. */
const MOST_OF_BUDGET = 0.8;

/** @param budgetUsd in dollars; null where there is none, of which nothing is ever spent */
export function mostIsSpent(spentUsd: number, budgetUsd: number | null): boolean {
  return budgetUsd !== null && budgetUsd > 0 && spentUsd >= MOST_OF_BUDGET * budgetUsd;
}
