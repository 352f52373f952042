import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure, TemporalFailure } from '@temporalio/common';
import { type AskedToWait, SHOWN_FROM_MS } from '../workflows/contracts/failures.ts';
import type { StepProgress } from '../workflows/contracts/progress.ts';
import { DEFAULT_HEARTBEAT_SECONDS, HEARTBEATS_PER_TIMEOUT } from '../workflows/contracts/run/start.ts';
import type { Attempt } from './attempt.ts';
import { AlpacaError } from './errors.ts';
import { log, saidOf } from './log.ts';
import { secretless, withoutSecrets } from './secrets.ts';

/**
 * Runs one activity attempt: heartbeats (so that cancellation arrives even while the domain code is
 * silent), passes on as an AbortSignal that it is cancelled or that the worker stops, and maps failures. What
 * comes back after all, such as an answer that was waited for, is the attempt's result. Whatever it says, the
 * history has no secret of this process.
 */
export function runAttempt<Result>(work: (attempt: Attempt) => Promise<Result>): Promise<Result> {
  const context = Context.current();
  const { workflowExecution, activityType, activityId, attempt } = context.info;
  return saidOf({ ...workflowExecution, activityType, activityId, attempt }, () => runIn(context, work));
}

async function runIn<Result>(context: Context, work: (attempt: Attempt) => Promise<Result>): Promise<Result> {
  let latest: StepProgress | undefined;
  // The workflow says by the timeout how often: the worker that plans and the one that works need not agree.
  const { heartbeatTimeoutMs = DEFAULT_HEARTBEAT_SECONDS * HEARTBEATS_PER_TIMEOUT * 1000 } = context.info;
  const beating = setInterval(
    () => context.heartbeat(secretless(latest)),
    heartbeatTimeoutMs / HEARTBEATS_PER_TIMEOUT,
  );
  try {
    const { priorityKey, fairnessKey } = context.info.priority ?? {};
    const result = await work({
      signal: context.cancellationSignal,
      isUnwanted: () => !context.cancellationDetails?.workerShutdown,
      ...(priorityKey ? { priority: priorityKey } : {}),
      ...(fairnessKey ? { fairnessKey } : {}),
      report(progress) {
        latest = progress;
      },
    });
    return secretless(result) as Result;
  } catch (error) {
    if (error instanceof Error && error.cause !== undefined)
      log.write('debug', `What is behind it: ${String(error.cause)}`, {
        activity: context.info.activityType,
      });
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

/**
 * The one place where errors become Temporal failures: without secrets, and without the cause, which is another
 * library's and has in it whatever an endpoint or a system said. Unknown errors stay retryable defects.
 */
export function toTemporalFailure(error: unknown): unknown {
  if (error instanceof TemporalFailure) return error;
  return error instanceof AlpacaError ? ofAlpaca(error) : ofDefect(error);
}

function ofAlpaca({ message, code, retryable, retryAfterMs }: AlpacaError): ApplicationFailure {
  const about = { message: withoutSecrets(message), type: code };
  if (retryAfterMs === undefined) return ApplicationFailure.create({ ...about, nonRetryable: !retryable });
  const asked: AskedToWait = { retryAfterMs };
  return ApplicationFailure.create({
    ...about,
    nonRetryable: !retryable || retryAfterMs > SHOWN_FROM_MS,
    nextRetryDelay: retryAfterMs,
    // A workflow is not told of the delay otherwise.
    details: [asked],
  });
}

function ofDefect(error: unknown): ApplicationFailure {
  const { name: type, message, stack } = error instanceof Error ? error : new Error(String(error));
  const failure = ApplicationFailure.create({ message: withoutSecrets(message), type });
  failure.stack = withoutSecrets(stack ?? '');
  return failure;
}
