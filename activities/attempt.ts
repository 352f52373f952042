import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { StepProgress } from '../workflows/contracts/progress.ts';
import { DEFAULT_HEARTBEAT_SECONDS, HEARTBEATS_PER_TIMEOUT } from '../workflows/contracts/run/start.ts';
import { AlpacaError } from './errors.ts';

/**
 * What domain code is given to report to and to stop by. It knows nothing of Temporal: the command line
 * passes one that draws a progress bar, an activity one that heartbeats.
 */
export interface Attempt {
  readonly signal: AbortSignal;
  /** whose turn it is where work waits: 1 to 5, lower first, and within one the keys in turn */
  readonly priority?: number;
  readonly fairnessKey?: string;
  report(progress: StepProgress): void;
}

/** An attempt that nobody watches and nothing stops. */
export const unwatched: Attempt = { signal: new AbortController().signal, report() {} };

/**
 * Runs one activity attempt: heartbeats (so that cancellation arrives even while the domain code is
 * silent), passes on as an AbortSignal that it is cancelled or that the worker stops, and maps failures. What
 * comes back after all, such as an answer that was waited for, is the attempt's result.
 */
export async function runAttempt<Result>(work: (attempt: Attempt) => Promise<Result>): Promise<Result> {
  const context = Context.current();
  let latest: StepProgress | undefined;
  // The workflow says by the timeout how often: the worker that plans and the one that works need not agree.
  const { heartbeatTimeoutMs = DEFAULT_HEARTBEAT_SECONDS * HEARTBEATS_PER_TIMEOUT * 1000 } = context.info;
  const beating = setInterval(() => context.heartbeat(latest), heartbeatTimeoutMs / HEARTBEATS_PER_TIMEOUT);
  try {
    const { priorityKey, fairnessKey } = context.info.priority ?? {};
    return await work({
      signal: context.cancellationSignal,
      ...(priorityKey ? { priority: priorityKey } : {}),
      ...(fairnessKey ? { fairnessKey } : {}),
      report(progress) {
        latest = progress;
      },
    });
  } catch (error) {
    throw context.cancellationSignal.aborted ? stopped(error, context) : toTemporalFailure(error);
  } finally {
    clearInterval(beating);
  }
}

/**
 * What an attempt fails with that was told to stop. A worker that stops is no failure of the work: the workflow
 * does it again at once, and no attempt is counted. What is wrong for good stays so.
 */
function stopped(error: unknown, { cancellationDetails }: Context): unknown {
  const isFinal = error instanceof AlpacaError && !error.retryable;
  if (!cancellationDetails?.workerShutdown)
    return error instanceof CancelledFailure ? error : new CancelledFailure('The activity was cancelled.');
  return toTemporalFailure(isFinal ? error : new AlpacaError('WorkerStopping', 'The worker stops.'));
}

/** The one place where typed errors become Temporal failures. Unknown errors stay retryable defects. */
export function toTemporalFailure(error: unknown): unknown {
  if (!(error instanceof AlpacaError)) return error;
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: !error.retryable,
    ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
    ...(error.cause instanceof Error ? { cause: error.cause } : {}),
  });
}
