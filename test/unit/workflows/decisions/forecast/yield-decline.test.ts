import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Estimated, ObservedRequests } from '../../../../../workflows/contracts/progress.ts';
import { noSums } from '../../../../../workflows/decisions/forecast/sums.ts';
import {
  ASSUMED_DECLINE,
  assumedYield,
  fitYield,
  student95,
} from '../../../../../workflows/decisions/forecast/yield-decline.ts';

/** Requests of each step of growth: how many, the rows they brought, and the squares of these. */
function observed(...steps: [step: number, count: number, sum: number, squares: number][]): ObservedRequests {
  return {
    acceptedByGrowth: steps.map(([step, count, sum, squares]) => ({
      step,
      accepted: { count, sum, squares },
    })),
    ...{ promptTokens: noSums(), completionTokens: noSums(), costUsd: noSums() },
  };
}

const near = (actual: number | undefined, expected: number, what: string, within = 1e-4) =>
  assert.ok(
    actual !== undefined && Math.abs(actual / expected - 1) < within,
    `${what}: ${actual} is not ${expected}`,
  );

function assertEstimated(found: Estimated | undefined, value: number, low: number, high: number): void {
  near(found?.value, value, 'value');
  near(found?.low, low, 'low');
  near(found?.high, high, 'high');
}

/** A decline that is as good as certain. */
const surely = (mean: number) => ({ mean, standardDeviation: 1e-6 });

describe('the requests that a target takes', () => {
  it('are the rows by the level where the yield does not decline', () => {
    near(assumedYield(50, 0.1, surely(0)).requestsBetween(0, 1000).value, 20, 'from 0');
    near(assumedYield(50, 0.1, surely(0)).requestsBetween(4000, 5000).value, 20, 'from 4,000');
  });

  it('are the integral of one over the yield where it does', () => {
    // At decline 1: (1000 + 1000 / 2) / 50, then (2000 + 4000) / 50.
    near(assumedYield(50, 0.1, surely(1)).requestsBetween(0, 1000).value, 30, 'from 0');
    near(assumedYield(50, 0.1, surely(1)).requestsBetween(1000, 3000).value, 120, 'from 1,000');
  });

  it('are none where it is reached', () => {
    const fit = assumedYield(50, 0.1, ASSUMED_DECLINE);
    const none = { value: 0, low: 0, high: 0 };
    assert.deepEqual([fit.requestsBetween(100, 100), fit.requestsBetween(101, 100)], [none, none]);
  });

  it('are as uncertain as the level, and as the rows to come scatter', () => {
    // 312.5 rows of requests whose variance is 50 times their mean: sqrt(50 / 312.5) is 0.4, and 0.3 and 0.4 make 0.5.
    const wide = Math.exp(1.959964 * 0.5);
    assertEstimated(
      assumedYield(50, 0.3, surely(0)).requestsBetween(1000, 1312.5),
      ...[6.25, 6.25 / wide, 6.25 * wide],
    );
    // Fewer rows than one request brings scatter as one request does: by 1, and 0.75 and 1 make 1.25.
    const wider = Math.exp(1.959964 * 1.25);
    assertEstimated(
      assumedYield(50, 0.75, surely(0)).requestsBetween(0, 10),
      ...[0.2, 0.2 / wider, 0.2 * wider],
    );
  });

  it('are as uncertain as the decline where that is assumed', () => {
    const fit = assumedYield(50, 0.3, ASSUMED_DECLINE);
    near(fit.decline.mean, 0.3235, 'mean');
    near(fit.decline.standardDeviation, 0.199918, 'standard deviation');
    assertEstimated(fit.requestsBetween(0, 52_002), 2883.314, 737.5958, 11_998.13);
  });
});

/** Expected values were computed apart, in Python, with the distributions of its `statistics`. */
describe('a fit of what requests brought', () => {
  it('learns the decline from those at different sizes of the pool', () => {
    const fit = fitYield(observed([0, 4, 160, 7300], [2, 6, 180, 6300], [4, 5, 100, 2500]), ASSUMED_DECLINE);
    near(fit?.decline.mean, 0.4381381, 'mean');
    near(fit?.decline.standardDeviation, 0.1648749, 'standard deviation');
    assertEstimated(fit?.requestsBetween(2000, 10_000), 479.753, 293.9639, 800.0325);
  });

  it('says next to nothing after two requests that have little in common', () => {
    const fit = fitYield(observed([0, 2, 40, 1000]), ASSUMED_DECLINE);
    assertEstimated(fit?.requestsBetween(40, 1040), 55.03919, 0.08442096, 35_883.486);
  });

  it('is not certain of requests that were all alike', () => {
    const fit = fitYield(observed([0, 10, 400, 16_000]), ASSUMED_DECLINE);
    near(fit?.decline.mean, 0.3235, 'mean: one size of the pool tells no decline');
    assertEstimated(fit?.requestsBetween(400, 5000), 166.0147, 106.4631, 264.7853);
  });

  it('is none of one request, nor where no row was accepted', () => {
    assert.equal(fitYield(observed([0, 1, 40, 1600]), ASSUMED_DECLINE), null);
    assert.equal(fitYield(observed([0, 5, 0, 0]), ASSUMED_DECLINE), null);
    assert.equal(fitYield(observed(), ASSUMED_DECLINE), null);
  });
});

describe('Student’s t', () => {
  it('has the quantile of published tables, the closer the more degrees there are', () => {
    for (const [degrees, quantile, within] of [
      [1, 12.7062, 1e-9],
      [2, 4.3027, 1e-9],
      [3, 3.1824, 1e-9],
      [4, 2.7764, 1e-9],
      [5, 2.570582, 2e-3],
      [10, 2.228139, 1e-4],
      [30, 2.0422725, 1e-6],
      [100, 1.9839715185, 1e-8],
    ] as const)
      near(student95(degrees), quantile, `${degrees} degrees`, within);
  });
});
