import { ActivityFailure, ApplicationFailure, condition, isCancellation, sleep } from '@temporalio/workflow';
import type { ErrorCode } from '../activities/errors.ts';
import type { Pause } from './contracts/progress.ts';

/**
 * What passes by itself or by somebody's hand, and must not end a run that has paid for its work: a teacher
 * who stays away past every bounded retry, a disk that is full, a budget that is reached. The run waits, for
 * the budget until it is changed and otherwise at growing intervals, and says what for.
 */
export const FIRST_WAIT_SECONDS = 5;
export const LONGEST_WAIT_SECONDS = 1800;

/** Runs `work` again, at growing intervals, for as long as the disk is full. */
export async function whileDiskIsFull<Result>(
  work: () => Promise<Result>,
  waiting: (pause: Pause | null) => Promise<void> | void,
): Promise<Result> {
  for (let seconds = FIRST_WAIT_SECONDS; ; seconds = Math.min(LONGEST_WAIT_SECONDS, seconds * 2)) {
    try {
      return await work();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      await waiting({ kind: 'storage', reason: `${reasonOf(error)} Trying again in ${seconds} s.` });
      await sleep(seconds * 1000);
      await waiting(null);
    }
  }
}

/**
 * Paid work stops at the cap: runs it again each time the cap is moved. What was paid by then is kept, and
 * costs nothing again.
 *
 * @param budgetUsd what may still be spent in dollars; null: any sum
 */
export async function whileBudgetIsReached<Result>(
  work: (budgetUsd: number | null) => Promise<Result>,
  budgetUsd: () => number | null,
  waiting: (pause: Pause | null) => Promise<void> | void,
): Promise<Result> {
  for (;;) {
    const within = budgetUsd();
    try {
      return await work(within);
    } catch (error) {
      if (!isBudgetReached(error)) throw error;
      await waiting({ kind: 'budget', reason: reasonOf(error) });
      await condition(() => budgetUsd() !== within);
      await waiting(null);
    }
  }
}

/** Every bounded retry was used up on something that may pass, or the disk is full. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof ActivityFailure) || isCancellation(error)) return false;
  return error.retryState !== 'NON_RETRYABLE_FAILURE' || isDiskFull(error);
}

/**
 * Null, or how long to wait, in milliseconds, where a limit's "not now" used up the retries. That is no
 * outage and pauses nothing: such a request is simply asked again.
 */
export function rateLimitDelay(error: unknown): number | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return null;
  if (error.cause.type !== 'RateLimited' || error.cause.nonRetryable) return null;
  const { nextRetryDelay } = error.cause;
  return typeof nextRetryDelay === 'number' ? nextRetryDelay : RATE_LIMITED_WAIT_MS;
}

/** Where the endpoint gave no time. */
const RATE_LIMITED_WAIT_MS = 5000;

export function reasonOf(error: unknown): string {
  return error instanceof ActivityFailure ? (error.cause?.message ?? error.message) : String(error);
}

/** Nothing more is paid until the cap is raised. */
function isBudgetReached(error: unknown): boolean {
  return failedAs(error, 'BudgetReached');
}

export function isDiskFull(error: unknown): boolean {
  return failedAs(error, 'StorageFull');
}

function failedAs(error: unknown, type: ErrorCode): boolean {
  return (
    error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.type === type
  );
}
