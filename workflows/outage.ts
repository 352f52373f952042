import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  isCancellation,
  sleep,
  TimeoutFailure,
} from '@temporalio/workflow';
import {
  type AskedToWait,
  FAILURES,
  type FailureCode,
  type FailureKind,
  isFailureCode,
  LONGEST_WAIT_MS,
} from './contracts/failures.ts';
import type { Pause, PauseKind } from './contracts/progress.ts';
import type { Control } from './control.ts';
import { utcMinute } from './decisions/screen/utc-minute.ts';

/**
 * What passes by itself or by somebody's hand, and must not end a run: a teacher who stays away, a disk that is
 * full, a store that is not mounted, workers that die one after the other, a defect that a better worker has not
 * (it costs nothing to wait for one, and what the run made is kept). The run waits, for the budget until it is
 * changed and otherwise at growing intervals, and says what for. It ends by what no waiting can mend.
 */

const WAITS = { firstSeconds: 5, longestSeconds: LONGEST_WAIT_MS / 1000 };
/** Where the endpoint gave no time. */
const RATE_LIMITED_WAIT_MS = 5000;

/** What the timer of a wait says in the Temporal UI. */
const AWAITED: Readonly<Record<PauseKind, string>> = {
  person: 'resume',
  budget: 'more budget',
  teacher: 'the teacher',
  storage: 'room on the disk, or the store',
  outage: 'the next try',
};

/** Told why a run waits, and null when it goes on. */
export type WaitTeller = (pause: Pause | null) => Promise<void> | void;

/**
 * Waits that grow: each is twice as long as the one before, up to the longest (half an hour), until it is `over`. Work that
 * meets what another waits for already waits with it. A person ends a wait by the update `resume`, and while the
 * run is paused by a person nothing is tried.
 */
export class Outage {
  readonly #control: Pick<Control, 'state' | 'version'>;
  readonly #tell: WaitTeller;
  readonly #waits: typeof WAITS;
  #waitSeconds: number;
  pause: Pause | null = null;

  constructor(
    control: Pick<Control, 'state' | 'version'>,
    tell: WaitTeller,
    waits: Partial<typeof WAITS> = {},
  ) {
    this.#control = control;
    this.#tell = tell;
    this.#waits = { ...WAITS, ...waits };
    this.#waitSeconds = this.#waits.firstSeconds;
  }

  /** Something went through: the next wait is short again. */
  over(): void {
    this.#waitSeconds = this.#waits.firstSeconds;
  }

  /** @param askedMs whoever failed asks for that much patience */
  async wait(kind: PauseKind, reason: string, askedMs = 0): Promise<void> {
    if (this.pause !== null) return condition(() => this.pause === null);
    const seconds = Math.max(this.#waitSeconds, Math.ceil(askedMs / 1000));
    this.#waitSeconds = Math.min(this.#waits.longestSeconds, this.#waitSeconds * 2);
    this.pause = {
      kind,
      reason: `${reason.replace(/\.$/, '')}; ${untilWhen(seconds)}trying again in ${seconds} s`,
    };
    const { version } = this.#control;
    const mayGoOn = () => !this.#control.state.paused || this.#control.state.stopEarly;
    const summary = `waits for ${AWAITED[kind]}`;
    try {
      await this.#tell(this.pause);
      // Whatever a person changes meanwhile may be what it waits for.
      await condition(() => this.#control.version > version && mayGoOn(), seconds * 1000, { summary });
      await condition(mayGoOn);
    } finally {
      this.pause = null;
    }
    await this.#tell(null);
  }

  /** Waits, for what no time mends, until a person resumes, or changes what is asked for. */
  async untilTold(reason: string): Promise<void> {
    this.pause = { kind: 'person', reason };
    const { version } = this.#control;
    try {
      await this.#tell(this.pause);
      await condition(() => this.#control.version > version && !this.#control.state.paused);
    } finally {
      this.pause = null;
    }
    await this.#tell(null);
  }

  /**
   * Runs `work` until it goes through: at once where its worker was stopped, and after a wait where every bounded
   * retry was used up, or the table of failures says that a run waits for it.
   *
   * @param inWords of what failed
   */
  through<Result>(work: () => Promise<Result>, inWords = (reason: string) => reason): Promise<Result> {
    return untilItPasses(work, async (error) => {
      if (!isOutage(error)) throw error;
      await this.wait(pauseKindOf(error) ?? 'outage', inWords(reasonOf(error)), askedMs(error) ?? 0);
    });
  }

  /** The same for work that shows by its going through that what it waited for is over. */
  async patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = await this.through(work);
    this.over();
    return result;
  }
}

/** A wait that outlasts a look at it says when it ends. */
function untilWhen(seconds: number): string {
  return seconds < 60 ? '' : `waiting until ${utcMinute(new Date(Date.now() + seconds * 1000))}, `;
}

/** Runs `work` again at once where its worker was stopped: for the last acts of a run that must not wait long. */
export function despiteStops<Result>(work: () => Promise<Result>): Promise<Result> {
  return untilItPasses(work, async (error) => {
    throw error;
  });
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
      if (!kindOf(error)?.startsAgain) await passed(error);
    }
  }
}

/**
 * Retries that were used up, a time that ran out, or a code for which the table of failures says that a run waits.
 * A budget that is reached is no outage: no time changes it.
 */
function isOutage(error: unknown): boolean {
  if (!(error instanceof ActivityFailure) || isCancellation(error)) return false;
  if (error.retryState === 'CANCEL_REQUESTED' || pauseKindOf(error) === 'budget') return false;
  // The server retries no time in all that ran out, and calls that final.
  if (error.cause instanceof TimeoutFailure || pauseKindOf(error) !== null) return true;
  return error.retryState !== 'NON_RETRYABLE_FAILURE';
}

/** Null, or how long to wait, in milliseconds, where it is a limit's "not now". */
function rateLimitDelay(error: unknown): number | null {
  if (codeOf(error) !== 'RateLimited') return null;
  // What asks for more patience than a limit does is waited for where it shows.
  if (causeOf(error)?.nonRetryable) return null;
  return askedMs(error) ?? RATE_LIMITED_WAIT_MS;
}

/** The patience that whoever failed asks for, in milliseconds; null where it asks for none. */
function askedMs(error: unknown): number | null {
  const { retryAfterMs } = (causeOf(error)?.details?.[0] ?? {}) as Partial<AskedToWait>;
  return typeof retryAfterMs === 'number' ? retryAfterMs : null;
}

/** What failed, for a person: our own messages say it all, others do not say what was being done. */
function reasonOf(error: unknown): string {
  if (!(error instanceof ActivityFailure)) return String(error);
  const { activityType, cause } = error;
  const last = causeOf(error);
  if (codeOf(error) !== null && last !== null) return last.message;
  if (last !== null) return `${activityType} fails: ${last.message}`;
  if (cause instanceof TimeoutFailure)
    return `${activityType} ${IN_VAIN[String(cause.timeoutType)] ?? 'took too long'}`;
  return `${activityType} fails: ${cause?.message ?? error.message}`;
}

const IN_VAIN: Readonly<Record<string, string>> = {
  HEARTBEAT: 'was begun, and its worker fell silent, each time that it was tried',
  SCHEDULE_TO_START: 'was taken up by no worker',
  SCHEDULE_TO_CLOSE: 'was not done in the time that it has in all',
};

function pauseKindOf(error: unknown): PauseKind | null {
  return kindOf(error)?.pauses ?? null;
}

/** What the table of failures says of it; null of what is not in it. */
function kindOf(error: unknown): FailureKind | null {
  const code = codeOf(error);
  return code === null ? null : FAILURES[code];
}

function codeOf(error: unknown): FailureCode | null {
  const code = causeOf(error)?.type;
  return isFailureCode(code) ? code : null;
}

/** What the last attempt failed with, which may be why a time ran out. */
function causeOf(error: unknown): ApplicationFailure | null {
  if (!(error instanceof ActivityFailure)) return null;
  const { cause } = error;
  const last = cause instanceof TimeoutFailure ? cause.cause : cause;
  return last instanceof ApplicationFailure ? last : null;
}
