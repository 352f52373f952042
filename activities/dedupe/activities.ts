import { availableParallelism } from 'node:os';
import type { DedupeActivities } from '../../workflows/contracts/activities.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { runAttempt } from '../attempt.ts';
import { createSlots } from '../teacher/slots.ts';
import { dedupeRows } from './dedupe-rows.ts';
import { findPairs } from './partition/find-pairs.ts';
import { planPartitions } from './partition/plan-partitions.ts';
import { resolvePairs } from './partition/resolve-pairs.ts';

export function createDedupeActivities(deps: { store: ArtifactStore }): DedupeActivities {
  // A worker takes on many activities at once; of these each keeps a core busy.
  const cores = createSlots(availableParallelism());
  return {
    dedupeRows: (input) => runAttempt((attempt) => dedupeRows(input, deps, attempt)),
    planPartitions: (input) => runAttempt((attempt) => planPartitions(input, deps, attempt)),
    findPairs: (input) =>
      runAttempt((attempt) => cores.run(attempt.signal, () => findPairs(input, deps, attempt))),
    resolvePairs: (input) => runAttempt((attempt) => resolvePairs(input, deps, attempt)),
  };
}
