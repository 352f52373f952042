import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sparingly } from '../../../../../activities/train/process/signalling.ts';
import type { TrainingFigures } from '../../../../../workflows/contracts/train.ts';

describe('telling the workflow how training goes', () => {
  it('is done at most 500 times in a run, however long that takes', () => {
    const isDue = sparingly(100_000);
    const told = Array.from({ length: 100_000 }, (_, step) => isDue(at(step), step * 60_000)).filter(Boolean);
    assert.equal(told.length, 500);
  });

  it('is done at most every ten seconds, however fast the steps are', () => {
    const isDue = sparingly(100);
    const told = Array.from({ length: 100 }, (_, step) => step).filter((step) =>
      isDue(at(step), step * 1000),
    );
    assert.deepEqual(told.slice(0, 3), [0, 10, 20]);
  });
});

function at(step: number): TrainingFigures {
  return {
    step,
    loss: 1,
    learningRate: 1,
    gradientNorm: 1,
    tokensPerSecond: 1,
    memoryBytes: 1,
    peakMemoryBytes: 1,
    heldOutLoss: null,
  };
}
