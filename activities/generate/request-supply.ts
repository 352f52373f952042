import type { GenerationTotals } from '../../workflows/contracts/generate.ts';
import type { Sums } from '../../workflows/contracts/progress.ts';

export function noTotals(): GenerationTotals {
  return { prompts: 0, sent: 0, lost: 0, refused: 0, promptTokens: 0, completionTokens: 0, costUsd: 0 };
}

/** Where a run without a server has its answers from, in whichever way its teacher is asked. */
export interface RequestSupply {
  readonly totals: GenerationTotals;
  /** how many requests are answered */
  readonly answered: number;
  /** from the first sending of a request to its last answer; none where requests are not asked one by one */
  readonly seconds: Sums;
  /** requests that may be asked before what they give is needed */
  readonly ahead: number;
  /** Lets the requests below `end` be asked. */
  startUpTo(end: number): void;
  /**
   * Waits for requests `from` to `from + count - 1`, and says how many in a row from `from` were answered:
   * fewer only where the budget ran out. Throws the first failure that trying again does not mend.
   */
  answeredFrom(from: number, count: number): Promise<number>;
  /** Starts nothing more, and waits for what is in flight: it is paid for, and ends in the ledger. */
  close(): Promise<void>;
}
