import type { TokenizeActivities } from '../../workflows/contracts/tokenize.ts';
import { runAttempt } from '../activity-attempt.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { tokenizeRows } from './tokenize-rows.ts';

export function createTokenizeActivities(deps: { store: ArtifactStore }): TokenizeActivities {
  return {
    tokenizeRows: (input) => runAttempt((attempt) => tokenizeRows(input, deps, attempt)),
  };
}
