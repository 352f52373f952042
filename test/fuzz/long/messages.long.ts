import { before, describe, it } from 'node:test';
import type { Harness } from '../../workflow/harness.ts';
import { sharedHarness } from '../../workflow/shared-harness.ts';
import { fuzzWorkflows } from '../inputs.ts';
import { fuzzMinutes } from '../minutes.ts';

const minutes = fuzzMinutes();

describe(`for ${minutes} minutes`, () => {
  const seed = Date.now() | 0;
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('the door of workflows and their messages', { timeout: (minutes + 5) * 60_000 }, async (test) => {
    test.diagnostic(`seed ${seed}: ${JSON.stringify(await fuzzWorkflows(harness, { minutes, seed }))}`);
  });
});
