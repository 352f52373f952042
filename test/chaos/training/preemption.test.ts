import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNothingLost, trainUnderPreemptions } from './preemptions.ts';

/** Once; preemption.long.ts is the long version. */
describe('a training whose GPU worker gets SIGTERM', () => {
  it('keeps every step that it reported, and ends with the weights of an undisturbed one', async () => {
    const training = await trainUnderPreemptions(1, 11);
    assert.equal(training.stints.length, 1);
    assertNothingLost(training);
  });
});
