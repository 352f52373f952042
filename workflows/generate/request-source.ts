import type { Pause } from '../contracts/progress.ts';

/**
 * Where a generation's answers come from, in whichever way its teacher is asked: each request by itself
 * within a window, or by the job. Requests end in any order; each ends as an answer in the ledger.
 */
export interface RequestSource {
  /** the first failure that asking again cannot mend */
  readonly failure: unknown;
  /** why nothing new starts, where the reason is not a person's pause */
  readonly waitingFor: Pause | null;
  /** one short line for a person where there is more to say than how many requests are answered */
  readonly note: string | null;
  readonly idle: boolean;
  /** true where nothing in flight can end before there is more money */
  readonly broke: boolean;
  /** answered requests in a row from the last one taken on: what a round may take */
  readonly contiguous: number;
  /** requests answered and not yet taken: all of them, and those that continue-as-new carries by index */
  readonly answeredAhead: number;
  readonly carried: number[];
  /**
   * Asks ahead until `ended`, then returns when nothing is in flight.
   *
   * @param wanted false where what is in flight is of no use any more
   */
  keepFull(ended: () => boolean, wanted: () => boolean): Promise<void>;
  /** Nothing is in flight and the next request cannot be paid for: waits until it can, or `until`. */
  waitForMoney(until: () => boolean): Promise<void>;
  /** After a cancellation: returns once nothing is left running that costs money. */
  close(): Promise<void>;
}
