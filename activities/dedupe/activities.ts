import type { DedupeActivities } from '../../workflows/contracts/activities.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { runAttempt } from '../attempt.ts';
import { dedupeRows } from './dedupe-rows.ts';

export function createDedupeActivities(deps: { store: ArtifactStore }): DedupeActivities {
  return { dedupeRows: (input) => runAttempt((attempt) => dedupeRows(input, deps, attempt)) };
}
