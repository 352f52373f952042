import type proto from '@temporalio/proto';

/**
 * A run whose first task has not been completed has done nothing, and there is nothing to replay: a replay would begin
 * it, and has no activities.
 */
export function hasBegun({ events }: proto.temporal.api.history.v1.IHistory): boolean {
  return events?.some((event) => Boolean(event.workflowTaskCompletedEventAttributes)) ?? false;
}
