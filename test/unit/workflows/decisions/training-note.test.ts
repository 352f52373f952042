import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { roundName, trainingNote } from '../../../../workflows/decisions/training-note.ts';

const figures = {
  ...{ step: 7, loss: 2.5, learningRate: 0.00182, gradientNorm: 1.234, tokensPerSecond: 812.4 },
  ...{ memoryBytes: 100 * 2 ** 20, peakMemoryBytes: 120 * 2 ** 20, heldOutLoss: null },
};

/** After so many of 18 steps: six an epoch. */
const AT = (step: number) => ({ step, totalSteps: 18 });

describe('how training goes, in one line', () => {
  it('is nothing before the first step, or which round it is', () => {
    const begun = { ...AT(0), loss: null, tokensPerSecond: null, figures: null };
    assert.equal(trainingNote({ ...begun, round: null }, 3), '');
    const round = { number: 2, of: 5, shards: 3, traffic: null };
    assert.equal(trainingNote({ ...begun, round }, 3), 'round 2 of 5 in 3 shards');
    assert.equal(roundName(round), 'round 2 of 5');
    const traffic = { up: 3 * 2 ** 20, down: 20_480, own: 7 };
    assert.equal(
      trainingNote({ ...begun, round: { ...round, traffic } }, 3),
      'round 2 of 5 in 3 shards, 3 MiB up and 20 KiB down in a round',
    );
  });

  it('has the epoch, loss, rate, norm, speed and memory', () => {
    assert.equal(
      trainingNote({ ...AT(7), loss: 2.5, tokensPerSecond: 812.4, figures, round: null }, 3),
      'epoch 2 of 3, loss 2.500, learning rate 1.82e-3, gradient norm 1.23, 812 tokens a second, 100 MiB, at most 120 MiB',
    );
    assert.equal(
      trainingNote(
        {
          ...AT(6),
          loss: 2.5,
          tokensPerSecond: null,
          figures: { ...figures, heldOutLoss: 3 },
          round: null,
        },
        3,
      ),
      'epoch 1 of 3, loss 2.500, held-out loss 3.000, learning rate 1.82e-3, gradient norm 1.23, 100 MiB, at most 120 MiB',
    );
    assert.equal(
      trainingNote({ ...AT(18), loss: 2.5, tokensPerSecond: null, figures: null, round: null }, 3),
      'epoch 3 of 3, loss 2.500',
    );
    const goesOn = { step: 4, totalSteps: 0, loss: 2.5, tokensPerSecond: null, figures: null, round: null };
    assert.equal(trainingNote(goesOn, 3), 'loss 2.500');
  });
});
