import { ActivityFailure, ApplicationFailure, condition, isCancellation, sleep } from '@temporalio/workflow';
import { FAILURES, type FailureCode, isFailureCode } from './contracts/failures.ts';
import type { Pause, PauseKind } from './contracts/progress.ts';

/**
 * What passes by itself or by somebody's hand, and must not end a run that has paid for its work: a teacher
 * who stays away past every bounded retry, a disk that is full, a budget that is reached. The run waits, for
 * the budget until it is changed and otherwise at growing intervals, and says what for.
 */

const FIRST_WAIT_SECONDS = 5;
const LONGEST_WAIT_SECONDS = 1800;
/** Where the endpoint gave no time. */
const RATE_LIMITED_WAIT_MS = 5000;

/** What the timer of a wait says in the Temporal UI. */
const AWAITED: Readonly<Record<PauseKind, string>> = {
  person: 'resume',
  budget: 'more budget',
  teacher: 'the teacher',
  storage: 'room on the disk',
};

/** Told why a run waits, and null when it goes on. */
export type WaitTeller = (pause: Pause | null) => Promise<void> | void;

/**
 * Waits that grow: each is twice as long as the one before, up to half an hour, until it is `over`. Work that
 * meets what another waits for already waits with it.
 */
export class Outage {
  readonly #firstWaitSeconds: number;
  readonly #tell: WaitTeller;
  #waitSeconds: number;
  pause: Pause | null = null;

  constructor(firstWaitSeconds: number, tell: WaitTeller) {
    this.#firstWaitSeconds = firstWaitSeconds;
    this.#waitSeconds = firstWaitSeconds;
    this.#tell = tell;
  }

  /** Something went through: the next wait is short again. */
  over(): void {
    this.#waitSeconds = this.#firstWaitSeconds;
  }

  async wait(kind: PauseKind, reason: string): Promise<void> {
    if (this.pause !== null) return condition(() => this.pause === null);
    const seconds = this.#waitSeconds;
    this.#waitSeconds = Math.min(LONGEST_WAIT_SECONDS, seconds * 2);
    this.pause = { kind, reason: `${reason.replace(/\.$/, '')}; trying again in ${seconds} s` };
    await this.#tell(this.pause);
    await sleep(seconds * 1000, { summary: `waits for ${AWAITED[kind]}` });
    this.pause = null;
    await this.#tell(null);
  }

  /**
   * Runs `work` until it goes through: again after a wait where every bounded retry was used up, or the disk is
   * full.
   *
   * @param inWords of what failed
   */
  through<Result>(work: () => Promise<Result>, inWords: (reason: string) => string): Promise<Result> {
    return untilItPasses(work, async (error) => {
      if (!isOutage(error)) throw error;
      await this.wait(pauseKindOf(error) ?? 'teacher', inWords(reasonOf(error)));
    });
  }
}

/**
 * Runs `work` again for as long as a rate limit's "not now" uses up its retries, each time after what the limit
 * asks for. That is no outage and pauses nothing.
 */
export function whileRateLimited<Result>(work: () => Promise<Result>): Promise<Result> {
  return untilItPasses(work, async (error) => {
    const milliseconds = rateLimitDelay(error);
    if (milliseconds === null) throw error;
    await sleep(milliseconds, { summary: 'a rate limit says not now' });
  });
}

/** Runs `work` again, at growing intervals, for as long as the disk is full. */
export function whileDiskIsFull<Result>(work: () => Promise<Result>, tell: WaitTeller): Promise<Result> {
  const outage = new Outage(FIRST_WAIT_SECONDS, tell);
  return untilItPasses(work, async (error) => {
    if (!isDiskFull(error)) throw error;
    await outage.wait('storage', reasonOf(error));
  });
}

/**
 * Paid work stops at the cap: runs it again each time the cap is moved. What was paid by then is kept, and
 * costs nothing again.
 *
 * @param budgetUsd what may still be spent in dollars; null: any sum
 */
export function whileBudgetIsReached<Result>(
  work: (budgetUsd: number | null) => Promise<Result>,
  budgetUsd: () => number | null,
  tell: WaitTeller,
): Promise<Result> {
  let within: number | null;
  const withinBudget = () => {
    within = budgetUsd();
    return work(within);
  };
  return untilItPasses(withinBudget, async (error) => {
    if (pauseKindOf(error) !== 'budget') throw error;
    await tell({ kind: 'budget', reason: reasonOf(error) });
    await condition(() => budgetUsd() !== within);
    await tell(null);
  });
}

/** @param passed waits for what failed `work` to pass; throws what does not */
async function untilItPasses<Result>(
  work: () => Promise<Result>,
  passed: (error: unknown) => Promise<void>,
): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      // A deploy or a preemption is no failure of the work.
      if (codeOf(error) !== 'WorkerStopping') await passed(error);
    }
  }
}

/**
 * The table of failures says that a run waits for it; or it has no code of ours, such as a timeout, and every
 * bounded retry was used up.
 */
function isOutage(error: unknown): boolean {
  if (!(error instanceof ActivityFailure) || isCancellation(error)) return false;
  if (codeOf(error) === null) return error.retryState !== 'NON_RETRYABLE_FAILURE';
  return pauseKindOf(error) !== null;
}

/** Null, or how long to wait, in milliseconds, where it is a limit's "not now". */
function rateLimitDelay(error: unknown): number | null {
  if (codeOf(error) !== 'RateLimited') return null;
  const { nextRetryDelay, nonRetryable } = causeOf(error) ?? {};
  if (nonRetryable) return null;
  return typeof nextRetryDelay === 'number' ? nextRetryDelay : RATE_LIMITED_WAIT_MS;
}

function reasonOf(error: unknown): string {
  return error instanceof ActivityFailure ? (error.cause?.message ?? error.message) : String(error);
}

function isDiskFull(error: unknown): boolean {
  return pauseKindOf(error) === 'storage';
}

function pauseKindOf(error: unknown): PauseKind | null {
  const code = codeOf(error);
  return code === null ? null : FAILURES[code].pauses;
}

function codeOf(error: unknown): FailureCode | null {
  const code = causeOf(error)?.type;
  return isFailureCode(code) ? code : null;
}

function causeOf(error: unknown): ApplicationFailure | null {
  return error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause : null;
}
