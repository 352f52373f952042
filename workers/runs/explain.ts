import {
  isGrpcServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { AlpacaError } from '../../activities/errors.ts';
import type { FailureCode } from '../../workflows/contracts/failures.ts';
import { isUnanswered, UNANSWERED_MESSAGE } from '../unanswered.ts';
import { withoutPaths } from '../without-paths.ts';
import { KeyUsedBefore } from './start-run.ts';
import { type FieldProblem, WrongFields } from './wrong-fields.ts';

/** An error as a visitor is told it. */
export interface Explained {
  status: number;
  message: string;
  /** of docs/failures.md; null where it is none of these */
  code: FailureCode | null;
  fields: readonly FieldProblem[];
}

const STATUS_OF: Partial<Record<FailureCode, number>> = {
  InvalidInput: 400,
  BudgetRequired: 400,
  Configuration: 422,
  NotFound: 404,
  RefusedPath: 403,
  Permission: 403,
  BudgetReached: 403,
  UpdateRefused: 409,
  StoreAway: 503,
  StorageFull: 503,
};

/** GRPC's own numbers. */
const INVALID_ARGUMENT = 3;
const TOO_MANY_IN_FLIGHT = 8;

export function explain(error: unknown): Explained {
  const plain = { code: null, fields: [] };
  if (error instanceof AlpacaError) {
    const status = error instanceof KeyUsedBefore ? 422 : (STATUS_OF[error.code] ?? 500);
    const fields = error instanceof WrongFields ? error.fields : [];
    return { status, message: withoutPaths(error.message), code: error.code, fields };
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
    return {
      ...plain,
      status: 503,
      message: 'No worker has answered yet; what was asked may still be done.',
    };
  if (error instanceof WorkflowNotFoundError)
    return { ...plain, status: 409, message: 'The run has ended meanwhile, or the server has let go of it.' };
  if (isUnanswered(error)) return { ...plain, status: 503, message: UNANSWERED_MESSAGE };
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (isGrpcServiceError(cause) && cause.code === TOO_MANY_IN_FLIGHT)
    return { ...plain, status: 429, message: 'Too much is on its way; try again in a moment.' };
  if (isGrpcServiceError(cause) && cause.code === INVALID_ARGUMENT)
    return { ...plain, status: 400, message: `The Temporal server does not take it: ${cause.details}` };
  const { statusCode = 500, message = '' } = error as { statusCode?: number; message?: string };
  // What nobody foresaw may name paths or keys: it goes to the log, not to the visitor.
  return statusCode < 500
    ? { ...plain, status: statusCode, message }
    : { ...plain, status: 500, message: 'This service failed; its log says why.' };
}

/** What the Temporal server answered, where it did not do what it was asked: for the log. */
export function serverSaid(error: unknown): { code: number; details: string } | undefined {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return isGrpcServiceError(cause) ? { code: cause.code, details: cause.details } : undefined;
}
