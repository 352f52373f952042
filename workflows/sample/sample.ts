import { processing } from '../activity-bounds.ts';
import type { SampleResult } from '../contracts/sample.ts';
import { resolveInput } from '../input.ts';
import { resumeUpdate } from '../messages.ts';
import { oneActivity } from '../step/one-activity.ts';

/** Step 1: read, check and store the seed tasks and evaluation instructions. */
export async function sample(raw: unknown, second?: unknown): Promise<SampleResult> {
  const { input } = await resolveInput('sample', raw, second, { updates: [resumeUpdate] });
  return oneActivity(() => processing('read the seed tasks').sampleSeeds(input));
}
