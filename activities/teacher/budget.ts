/**
 * A hard cap in dollars: the worst case is reserved before asking, and what it really cost is booked
 * after. What is spent and what is reserved together never pass the cap.
 */
export interface Budget {
  readonly spentUsd: number;
  /** Reserves, waiting for askings in flight to end where that may make room; false where it cannot. */
  reserve(worstCaseUsd: number): Promise<boolean>;
  /** Ends a reservation with what was really spent. */
  settle(worstCaseUsd: number, paidUsd: number): void;
}

/** @param capUsd null for no cap, where the teacher is free */
export function createBudget(capUsd: number | null): Budget {
  let spent = 0;
  let reserved = 0;
  let inFlight = 0;
  let settled = Promise.withResolvers<void>();
  return {
    get spentUsd() {
      return spent;
    },
    async reserve(worstCaseUsd) {
      while (capUsd !== null && spent + reserved + worstCaseUsd > capUsd) {
        if (inFlight === 0) return false;
        await settled.promise;
      }
      reserved += worstCaseUsd;
      inFlight += 1;
      return true;
    },
    settle(worstCaseUsd, paidUsd) {
      inFlight -= 1;
      // No rounding is left over from sums of dollars that were added in another order.
      reserved = inFlight === 0 ? 0 : reserved - worstCaseUsd;
      spent += paidUsd;
      settled.resolve();
      settled = Promise.withResolvers<void>();
    },
  };
}
