import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type ArtifactReference, artifactReference } from '../../../workflows/contracts/data.ts';
import { observedRequests } from '../../../workflows/contracts/progress.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { nothingObserved } from './recorded-yield.ts';

/** What a run has accepted so far, as an artifact. */
const acceptedState = z.strictObject({
  /** the accepted rows, in order */
  segments: z.array(artifactReference),
  /** how many rows they hold */
  accepted: z.int().min(0),
  /** what became of each request, round by round */
  yields: z.array(artifactReference),
  observed: observedRequests,
});
export type AcceptedState = z.infer<typeof acceptedState>;

export async function readAccepted(
  store: ArtifactStore,
  pool: ArtifactReference | null,
): Promise<AcceptedState> {
  if (pool === null) return { segments: [], accepted: 0, yields: [], observed: nothingObserved() };
  return acceptedState.parse(JSON.parse(await readFile(await store.open(pool), 'utf8')));
}

export function writeAccepted(store: ArtifactStore, state: AcceptedState): Promise<ArtifactReference> {
  return store.putFile('pool', 'pool.json', `${JSON.stringify(state)}\n`, {
    rows: state.accepted,
    madeBy: 'generate',
    madeFrom: Object.fromEntries(
      state.segments.map((segment, index) => [`segment ${index}`, segment.sha256]),
    ),
  });
}
