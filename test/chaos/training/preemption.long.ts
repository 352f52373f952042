import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNothingLost, trainUnderPreemptions } from './preemptions.ts';

describe('a training whose GPU worker gets SIGTERM 25 times', () => {
  it('ends although no stint is as long as from one checkpoint to the next', async () => {
    const training = await trainUnderPreemptions(25, 12);
    assert.equal(training.stints.length, 25);
    assertNothingLost(training);
  });
});
