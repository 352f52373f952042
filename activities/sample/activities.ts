import type { SampleActivities } from '../../workflows/contracts/sample.ts';
import { runAttempt } from '../activity-attempt.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { sampleSeeds } from './sample-seeds.ts';

/** The activities of the sample step, over the store that they read from and write to. */
export function createSampleActivities(deps: { store: ArtifactStore }): SampleActivities {
  return {
    sampleSeeds: (input) => runAttempt((attempt) => sampleSeeds(input, deps, attempt)),
  };
}
