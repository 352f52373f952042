import { processing } from '../activity-bounds.ts';
import { type ReleaseResult, releaseInput } from '../contracts/release.ts';
import { parseInput } from '../input.ts';
import { oneActivity } from '../one-activity.ts';

/** After the last step: what a person publishes, and the report. */
export async function release(raw: unknown): Promise<ReleaseResult> {
  const input = parseInput('release', releaseInput, raw);
  return oneActivity(() => processing('write the release').writeRelease(input));
}
