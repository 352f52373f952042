import { ApplicationFailure } from '@temporalio/workflow';

/** What a validator throws: the update leaves no trace, and its sender learns why. */
export function refused(reason: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`Refused: ${reason}.`, 'UpdateRefused');
}
