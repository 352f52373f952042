import { isGrpcServiceError } from '@temporalio/client';

/**
 * What gRPC calls a server that is too slow, or is not there: DEADLINE_EXCEEDED and UNAVAILABLE; and CANCELLED, where the
 * server finds out first that the time is over.
 */
const UNANSWERED: ReadonlySet<number> = new Set([1, 4, 14]);

/** Whether the Temporal server did not answer: asked again later, it may. */
export function isUnanswered(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return isGrpcServiceError(cause) && UNANSWERED.has(cause.code);
}

export const UNANSWERED_MESSAGE =
  'The Temporal server does not answer. Start it with `npm run up`, or check TEMPORAL_ADDRESS.';
