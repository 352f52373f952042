import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { learningRateOf, learningRateText } from '../../../../../workflows/decisions/train/learning-rate.ts';

describe('the learning rate of a training', () => {
  for (const [method, isRandom, usual] of [
    ['full', false, 2e-5],
    ['lora', false, 3e-4],
    ['full', true, 2e-3],
    ['lora', true, 2e-3],
  ] as const)
    it(`is ${usual} where none is asked for: ${method}, ${isRandom ? 'random' : 'pretrained'} weights`, () => {
      assert.deepEqual(learningRateOf({ method, learningRate: null }, isRandom), {
        learningRate: usual,
        warning: null,
      });
    });

  it('is what is asked for, with a warning past ten times the usual', () => {
    const asked = (learningRate: number) => learningRateOf({ method: 'full', learningRate }, false);
    assert.deepEqual(asked(2e-4), { learningRate: 2e-4, warning: null });
    assert.deepEqual(asked(2e-3), {
      learningRate: 2e-3,
      warning:
        'The learning rate 0.002 is 100 times the 0.00002 that is usual for all of pretrained weights: such a training often forgets more than it learns.',
    });
  });

  it('is told before the base is known', () => {
    assert.equal(
      learningRateText({ method: 'lora', learningRate: null }),
      '0.0003 (0.002 from random weights)',
    );
    assert.equal(learningRateText({ method: 'lora', learningRate: 0.1 }), '0.1');
  });
});
