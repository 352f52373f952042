import { processing } from '../activity-bounds.ts';
import { type SampleResult, sampleInput } from '../contracts/sample.ts';
import { parseInput } from '../input.ts';
import { oneActivity } from '../one-activity.ts';

/** Step 1: read, check and store the seed tasks and evaluation instructions. */
export async function sample(raw: unknown): Promise<SampleResult> {
  const input = parseInput('sample', sampleInput, raw);
  return oneActivity(() => processing('read the seed tasks').sampleSeeds(input));
}
