import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { positionOf, scheduledStep } from '../../../../../activities/train/plan/position.ts';

const round = { fromStep: 20, toStep: 30, shards: 2 };
const second = { fromStep: 25, round };

describe('where a training goes on', () => {
  it('is the checkpoint’s step, with as many updates, where one worker trains', () => {
    assert.deepEqual(positionOf(null, null), { step: 0, updates: 0 });
    assert.deepEqual(positionOf({ step: 7 }, null), { step: 7, updates: 7 });
  });

  it('is a shard’s own first step at the beginning of a round, with the updates of the rounds before', () => {
    assert.deepEqual(positionOf({ step: 20, updates: 10 }, second), { step: 25, updates: 10 });
    assert.deepEqual(positionOf(null, { ...second, fromStep: 5 }), { step: 5, updates: 0 });
  });

  it('is where an attempt at the shard left it', () => {
    assert.deepEqual(positionOf({ step: 27, updates: 12, shard: second }, second), { step: 27, updates: 12 });
  });

  it('keeps the updates apart from the steps where one worker goes on after several', () => {
    assert.deepEqual(positionOf({ step: 20, updates: 10 }, null), { step: 20, updates: 10 });
  });
});

describe('a step’s place in the learning-rate schedule', () => {
  it('is the step itself where one worker trains', () => {
    assert.equal(scheduledStep(17, null), 17);
  });

  it('is the same for all shards of a round: so many steps are done by then', () => {
    const first = { fromStep: 20, round };
    assert.deepEqual(
      [20, 21, 22, 23, 24].map((step) => scheduledStep(step, first)),
      [20, 22, 24, 26, 28],
    );
    assert.deepEqual(
      [25, 26, 27, 28, 29].map((step) => scheduledStep(step, second)),
      [20, 22, 24, 26, 28],
    );
  });
});
