import { processing } from '../activity-bounds.ts';
import type { ReleaseResult } from '../contracts/release.ts';
import { resolveInput } from '../input.ts';
import { resumeUpdate } from '../messages.ts';
import { oneActivity } from '../step/one-activity.ts';

/** After the last step: what a person publishes, and the report. */
export async function release(raw: unknown, second?: unknown): Promise<ReleaseResult> {
  const { input } = await resolveInput('release', raw, second, { updates: [resumeUpdate] });
  return oneActivity(() => processing('write the release').writeRelease(input));
}
