import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNothingLost, trainUnderPreemptions } from './preemptions.ts';

/** The long version is preemption.long.ts. */
describe('a training whose GPU worker gets SIGTERM three times', () => {
  it('keeps every step that it reported, and ends with the weights of an undisturbed one', async () => {
    const training = await trainUnderPreemptions(3, 11);
    assert.equal(training.stints.length, 3);
    assertNothingLost(training);
  });
});
