import type { RunRecordActivities } from '../../workflows/contracts/run/record.ts';
import { runAttempt } from '../activity-attempt.ts';
import { writeRunRecord } from './run-index.ts';
import type { ArtifactStore } from './store.ts';

/** The activity by which every workflow ends. */
export function createRunRecordActivities({ store }: { store: ArtifactStore }): RunRecordActivities {
  return { recordRun: (record) => runAttempt(() => writeRunRecord(store, record)) };
}
