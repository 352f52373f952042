import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  fitLogisticRegression,
  predictProbability,
} from '../../../../../../activities/evaluate/winrate/length-controlled/logistic-regression.ts';

const near = (actual: number, expected: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual} is not ${expected}`);

describe('fitLogisticRegression', () => {
  it('finds the coefficient of one feature that can be worked out by hand', () => {
    // C n (sigmoid(w) - p) = -1 at the minimum for w > 0: sigmoid(w) = 0.8 - 1 / (10 * 10)
    const rows = Array.from({ length: 10 }, () => ({ features: [1], probability: 0.8, weight: 1 }));
    const [w = 0] = fitLogisticRegression(rows, 10);
    near(w, Math.log(0.79 / 0.21), 1e-12, 'w');
  });

  it('is zero where the penalty outweighs the data', () => {
    const rows = [{ features: [1, 0], probability: 0.9, weight: 1 }];
    assert.deepEqual(fitLogisticRegression(rows, 1e-4), [0, 0]);
  });

  it('finds the minimum where whole Newton steps lead past it, or away for ever', () => {
    const row = (features: number[], probability: number, weight: number) => ({
      ...{ features, probability, weight },
    });
    // Expected values by nested ternary search of the objective, which is convex.
    const examples = [
      {
        rows: [row([-1, 10], 0, 1), row([-10, 10], 0.9, 1), row([-1, 2], 0.9, 100)],
        ...{ c: 100, expected: [-3.0738218, -0.4985878] },
      },
      {
        rows: [row([100, 0], 0, 100), row([1, 10], 0, 1), row([0, -10], 0.1, 100)],
        ...{ c: 10, expected: [-4.3822863, 0.2185062] },
      },
      {
        rows: [row([-1, 100], 1, 1), row([1, -1], 0, 100), row([2, 1], 0.5, 1)],
        ...{ c: 100, expected: [-3.0700801, 6.1401602] },
      },
      {
        rows: [row([-10, 100], 1, 1), row([100, 1], 0.9, 1), row([-10, 10], 0.1, 100)],
        ...{ c: 1e4, expected: [0.2540166, 0.0460838] },
      },
    ];
    for (const { rows, c, expected } of examples)
      for (const [j, value] of fitLogisticRegression(rows, c).entries())
        near(value, expected[j] ?? Number.NaN, 1e-6, `coefficient ${j} of ${JSON.stringify(rows)}`);
  });

  it('predicts a share, however far a row is from even', () => {
    assert.equal(predictProbability([1], [0]), 0.5);
    near(predictProbability([1, 2], [1, -1]), 1 / (1 + Math.E), 1e-15, 'P(-1)');
    assert.deepEqual([predictProbability([1000], [1]), predictProbability([1000], [-1])], [1, 0]);
  });
});
