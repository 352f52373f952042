import { ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import { Defect, type FailureCode } from './contracts/failures.ts';
import type { Explanation } from './decisions/generation-failures.ts';

/** Ends a workflow, or refuses an update, for good. A plain Error would retry the workflow task for ever. */
export function failed(code: FailureCode, message: string, ...details: unknown[]): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, code, ...details);
}

/** The same with a remedy, which follows the message as it does in an `AlpacaError`. */
export function failedWith(code: FailureCode, { message, remedy }: Explanation): ApplicationFailure {
  return failed(code, `${message} ${remedy}`);
}

/** What ends a workflow in place of a defect of its decisions, which as a plain Error would retry its task for ever. */
export function withoutDefect(error: unknown): unknown {
  return error instanceof Defect ? failed(error.name, `${error.message}.`) : error;
}

/** What a validator throws: the update leaves no trace in the history. */
export function refused(reason: string): ApplicationFailure {
  return failed('UpdateRefused', `Refused: ${reason}.`);
}

/**
 * True where this workflow was asked to end, and ends so. A step or an activity that somebody cancelled gives the
 * same error to a workflow that was not: that is a failure like any other.
 */
export function isCancelled(error: unknown): boolean {
  return CancellationScope.current().consideredCancelled && isCancellation(error);
}
