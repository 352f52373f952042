import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BigramModel } from '../../../../../activities/evaluate/held-out/bigram.ts';
import { bigramLoss } from '../../../../../activities/evaluate/held-out/held-out.ts';

const row = (inputIds: number[], labels: number[]) => ({
  inputIds: Int32Array.from(inputIds),
  labels: Int32Array.from(labels),
});

describe('the add-one bigram baseline, by hand on three tokens', () => {
  // prompt 0; targets 1, 2, 1, 2: the pairs (0,1) (1,2) (2,1) (1,2)
  const training = [row([0, 1, 2, 1, 2], [-100, 1, 2, 1, 2])];

  it('counts targets after the token before them, the first one after the prompt', () => {
    const model = new BigramModel(3);
    for (const counted of training) model.add(counted);
    assert.equal(model.probability(0, 1), 2 / 4);
    assert.equal(model.probability(1, 2), 3 / 5);
    assert.equal(model.probability(1, 1), 1 / 5);
    assert.equal(model.probability(2, 1), 2 / 4);
    assert.equal(model.probability(2, 2), 1 / 4);
  });

  it('sums to one over the vocabulary', () => {
    const model = new BigramModel(3);
    for (const counted of training) model.add(counted);
    for (const previous of [0, 1, 2]) {
      const total = [0, 1, 2].reduce((sum, next) => sum + model.probability(previous, next), 0);
      assert.equal(total.toFixed(12), '1.000000000000');
    }
  });

  it('measures held-out targets in nats', () => {
    const { targets, loss } = bigramLoss(training, [row([0, 0, 1, 1], [-100, -100, 1, 1])], 3);
    assert.equal(targets, 2);
    assert.equal(loss.toFixed(12), (-(Math.log(2 / 4) + Math.log(1 / 5)) / 2).toFixed(12));
  });

  it('is uniform before anything is counted', () => {
    const { loss } = bigramLoss([], [row([0, 1], [-100, 1])], 3);
    assert.equal(loss.toFixed(12), Math.log(3).toFixed(12));
  });
});
