import { setTimeout as delay } from 'node:timers/promises';
import { AlpacaError } from '../errors.ts';

/** How often one piece of work may fail in a way that may pass by itself, before it is given up. */
export const TRIES = 8;
const FIRST_WAIT_MS = 500;
/** Nobody waits for longer without being told why. */
const LONGEST_UNTOLD_MS = 60_000;
const LONGEST_WAIT_MS = 30_000;

/** Is told that something keeps failing in a way that may pass, and is tried again after so long. */
export type RetryTeller = (failure: AlpacaError, waitMs: number) => void;

/** Runs work, and again after what may pass: what Temporal does for a workflow's activities. */
export type Retrying = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * What tries again until it passes, waiting as long as the failure says or else longer each time. Failures are
 * counted over everything that is run by it. A limit is none: however often it says wait, the work waits. A wait of
 * more than a minute that nobody is told of is not begun: the failure goes to who can say what it waits for.
 *
 * @param signal ends the waiting; what runs is not ended by it
 * @param told of what fails a second time and later; not of limits, which the teacher is asked to keep, but for
 *   waits of more than a minute
 */
export function untilItPasses(signal: AbortSignal, told: RetryTeller | null = null): Retrying {
  let failures = 0;
  let waits = 0;
  return async (work) => {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof AlpacaError) || !error.retryable) throw error;
        const isLimit = error.code === 'RateLimited';
        if (!isLimit) failures += 1;
        if (failures >= TRIES) throw error;
        waits += 1;
        const wait = error.retryAfterMs ?? waitAfter(waits);
        const isLong = wait > LONGEST_UNTOLD_MS;
        if (isLong && told === null) throw error;
        if (isLong || (failures >= 2 && !isLimit)) told?.(error, wait);
        await delay(wait, undefined, { signal });
      }
    }
  };
}

/** Milliseconds until the next try: longer each time, up to a bound. `failures` in a row, the last included. */
export function waitAfter(failures: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
}
