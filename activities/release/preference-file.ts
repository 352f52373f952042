import type { ArtifactReference } from '../../workflows/contracts/data.ts';
import type { ReleaseInput } from '../../workflows/contracts/release.ts';
import { preferencePairsOf } from '../evaluate/preference/preference-pairs.ts';
import type { PreferenceRow } from '../evaluate/preference/preference-row.ts';

/** What a release calls its chosen and rejected answers. */
export const PAIRS_FILE = 'preference-pairs.jsonl';

/**
 * The pairs that go along with a release, in the plain form: of each comparison of the run's evaluation, of the rows that
 * it graded, and of votes.
 *
 * @param open the path of an artifact
 */
export async function releasedPairs(
  { run, pairs, votes }: Pick<ReleaseInput, 'run' | 'pairs' | 'votes'>,
  open: (reference: ArtifactReference) => Promise<string>,
): Promise<PreferenceRow[]> {
  const graded = run?.filter?.grades?.rows;
  const ofRun = [...(run?.evaluate?.comparisons ?? []).map(({ annotations }) => annotations)];
  if (graded) ofRun.push(graded);
  const found: PreferenceRow[] = [];
  const take = async (references: readonly ArtifactReference[], sourceOf: (uri: string) => string) => {
    for (const reference of references) {
      const { rows } = await preferencePairsOf(await open(reference), sourceOf(reference.uri), 'plain');
      found.push(...rows);
    }
  };
  if (pairs && run) await take(ofRun, () => run.workflowId);
  await take(votes, (uri) => uri);
  return found;
}

export function* pairLines(pairs: readonly PreferenceRow[]): Generator<string> {
  for (const pair of pairs) yield `${JSON.stringify(pair)}\n`;
}
