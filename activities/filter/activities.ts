import type { FilterActivities } from '../../workflows/contracts/filter.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { runAttempt } from '../attempt.ts';
import { filterRows } from './filter-rows.ts';

export function createFilterActivities(deps: { store: ArtifactStore }): FilterActivities {
  return { filterRows: (input) => runAttempt((attempt) => filterRows(input, deps, attempt)) };
}
