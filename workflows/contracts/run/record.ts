import { z } from 'zod';
import { updatesSaid } from './said.ts';

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
  /** null where nobody said it */
  startedBy: z.string().nullable(),
  /** the last who changed it, or cancelled it */
  updates: updatesSaid,
  /** as it was given: without the defaults, which a release's manifest has */
  input: z.unknown(),
  /** null unless it completed, and of the first run of a schedule that found nothing new */
  result: z.unknown(),
  /** why it did not complete; null where it did */
  failure: z.string().nullable(),
});
export type RunRecord = z.infer<typeof runRecord>;

export interface RunRecordActivities {
  /** Writes the record to the store's index of runs; once more changes nothing. */
  recordRun(record: RunRecord): Promise<void>;
}

/**
 * Why a workflow failed, for a person. Temporal wraps a failure once for each workflow and activity that it passed
 * through; our own sentence is the outermost application failure: beneath it may be what others said.
 */
export function reasonWithin(error: unknown): string {
  const last = outermost(error);
  return last instanceof Error ? last.message : String(last);
}

/** The code of the same failure; null where it has none. */
export function codeWithin(error: unknown): string | null {
  const { type } = outermost(error) as { type?: unknown };
  return typeof type === 'string' ? type : null;
}

/** The outermost application failure; where there is none, the innermost error. */
function outermost(error: unknown): unknown {
  let last = error;
  for (let at = error, depth = 0; depth < 10 && at instanceof Error; at = at.cause, depth += 1) {
    if (at.name === 'ApplicationFailure') return at;
    last = at;
  }
  return last;
}
