import { readRunIndex } from '../activities/artifacts/run-index.ts';
import type { ArtifactStore } from '../activities/artifacts/store.ts';
import type { RunRecord } from '../workflows/contracts/run/record.ts';
import { isUnanswered } from './unanswered.ts';

/** What a list of runs has of each. */
interface ListOf<Run> {
  isListed(record: RunRecord): boolean;
  ofRecord(record: RunRecord): Run;
  /** asks the server for its runs of the same kind */
  onServer(): Promise<Run[]>;
}

/**
 * The runs that the store has records of, and those that the server lists; a run may be among both. A server that
 * does not answer has none where the store has some.
 */
export async function listRuns<Run>(
  store: ArtifactStore,
  { isListed, ofRecord, onServer }: ListOf<Run>,
): Promise<{ recorded: Run[]; listed: Run[] }> {
  const { records } = await readRunIndex(store);
  const recorded = records.filter(isListed).map(ofRecord);
  const listed = await onServer().catch((error: unknown) => {
    if (recorded.length > 0 && isUnanswered(error)) return [];
    throw error;
  });
  return { recorded, listed };
}
