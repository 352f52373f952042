import { setTimeout as delay } from 'node:timers/promises';
import { SHOWN_FROM_MS } from '../../workflows/contracts/failures.ts';
import { AlpacaError } from '../errors.ts';

/** How often one piece of work may fail in a way that may pass by itself, before it is given up. */
export const TRIES = 8;
const FIRST_WAIT_MS = 500;

/** Where work is given up that goes on failing, and how long the waits become. */
interface Patience {
  tries: number;
  /** after the first failure */
  withinMs: number;
  longestWaitMs: number;
}

/** Of an activity's attempt: Temporal tries again after it, and then the run waits. */
const OF_AN_ATTEMPT: Patience = { tries: TRIES, withinMs: Number.POSITIVE_INFINITY, longestWaitMs: 30_000 };
/** Of a command without a server, after which nobody tries again. */
export const OF_A_COMMAND: Patience = {
  tries: Number.POSITIVE_INFINITY,
  withinMs: 24 * 3_600_000,
  longestWaitMs: 300_000,
};

/** A timer of more is one of none: 24.8 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Is told that something keeps failing in a way that may pass, and is tried again after so long. */
export type RetryTeller = (failure: AlpacaError, waitMs: number) => void;

/** Runs work, and again after what may pass: what Temporal does for a workflow's activities. */
export type Retrying = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * What tries again until it passes, waiting as long as the failure says or else longer each time. Failures are
 * counted, and their time is taken, over everything that is run by it. A limit is none: however often it says wait,
 * the work waits. A wait of more than a minute that nobody is told of is not begun: the failure goes to who can say
 * what it waits for.
 *
 * @param signal ends the waiting; what runs is not ended by it
 * @param told of what fails a second time and later; not of limits, which the teacher is asked to keep, but for
 *   waits of more than a minute
 * @param patience by default a command's where somebody is told
 */
export function untilItPasses(
  signal: AbortSignal,
  told: RetryTeller | null = null,
  patience = told ? OF_A_COMMAND : OF_AN_ATTEMPT,
): Retrying {
  let failures = 0;
  let failingSince: number | null = null;
  let waits = 0;
  return async (work) => {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof AlpacaError) || !error.retryable) throw error;
        const isLimit = error.code === 'RateLimited';
        if (!isLimit) {
          failures += 1;
          failingSince ??= Date.now();
          if (failures >= patience.tries || Date.now() - failingSince >= patience.withinMs) throw error;
        }
        waits += 1;
        const wait = Math.min(error.retryAfterMs ?? waitAfter(waits, patience), LONGEST_TIMER_MS);
        const isLong = wait > SHOWN_FROM_MS;
        if (isLong && told === null) throw error;
        if (isLong || (failures >= 2 && !isLimit)) told?.(error, wait);
        await delay(wait, undefined, { signal });
      }
    }
  };
}

/** Milliseconds until the next try: longer each time, up to a bound. `failures` in a row, the last included. */
export function waitAfter(failures: number, { longestWaitMs } = OF_AN_ATTEMPT): number {
  return Math.min(longestWaitMs, FIRST_WAIT_MS * 2 ** (failures - 1));
}
