/**
 * Where a run without a server has its answers from, in whichever way its teacher is asked. What each cost is
 * booked in the run's state.
 */
export interface RequestSupply {
  /** how many requests are answered */
  readonly answered: number;
  /**
   * Asks ahead as far as the target is expected to need, waits for the next `count` requests that no round has
   * taken, and says how many in a row were answered: fewer only where the budget ran out. Throws the first
   * failure that trying again does not mend.
   */
  answeredInRow(count: number): Promise<number>;
  /** Starts nothing more, and waits for what is in flight: it is paid for, and ends in the ledger. */
  close(): Promise<void>;
}
