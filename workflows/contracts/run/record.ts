import { z } from 'zod';

/**
 * What the store keeps of a run that has ended, whichever server it ran on and whoever started it: all that is
 * asked of it by its id once the server has forgotten it. A run that a server terminated has none.
 */
export const runRecord = z.object({
  workflowId: z.string().min(1),
  runId: z.string().min(1),
  type: z.string().min(1),
  namespace: z.string(),
  /** as Temporal names it */
  status: z.enum(['COMPLETED', 'FAILED', 'CANCELLED']),
  startedAt: z.iso.datetime(),
  closedAt: z.iso.datetime(),
  /** as it was given: without the defaults, which a release's manifest has */
  input: z.unknown(),
  /** null unless it completed */
  result: z.unknown(),
  /** why it did not complete; null where it did */
  failure: z.string().nullable(),
});
export type RunRecord = z.infer<typeof runRecord>;

export interface RunRecordActivities {
  /** Writes the record to the store's index of runs; once more changes nothing. */
  recordRun(record: RunRecord): Promise<void>;
}

/** Temporal wraps a failure once for each workflow and activity that it passed through: what is innermost says why. */
export function reasonWithin(error: unknown): string {
  let current = error;
  for (let depth = 0; depth < 10 && current instanceof Error && current.cause instanceof Error; depth += 1)
    current = current.cause;
  return current instanceof Error ? current.message : String(current);
}
