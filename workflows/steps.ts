import { releasing, sampling, tokenizing } from './activity-bounds.ts';
import { type ReleaseResult, releaseInput } from './contracts/release.ts';
import { type SampleResult, sampleInput } from './contracts/sample.ts';
import { type TokenizeResult, tokenizeInput } from './contracts/tokenize.ts';
import { parseInput } from './input.ts';

/** The steps that are one activity each, as workflows of their own. */

/** Step 1: read, check and store the seed tasks and evaluation instructions. */
export async function sample(raw: unknown): Promise<SampleResult> {
  return sampling('read the seed tasks').sampleSeeds(parseInput('sample', sampleInput, raw));
}

/** Step 4: templates, tokens, masks, and the held-out split. */
export async function tokenize(raw: unknown): Promise<TokenizeResult> {
  return tokenizing('tokenize and mask').tokenizeRows(parseInput('tokenize', tokenizeInput, raw));
}

/** After the last step: what a person publishes, and the report. */
export async function release(raw: unknown): Promise<ReleaseResult> {
  return releasing('write the release').writeRelease(parseInput('release', releaseInput, raw));
}
