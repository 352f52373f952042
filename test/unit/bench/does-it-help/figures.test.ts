import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { difference, overSeeds, rowsWithTargets, shareOf } from '../../../../bench/does-it-help/figures.ts';

describe('figures over seeds', () => {
  const rounded = ({ mean, low, high }: { mean: number; low: number; high: number }) =>
    [mean, low, high].map((figure) => Number(figure.toFixed(4)));

  it('are a mean and Student’s 95% interval', () => {
    // t of two degrees of freedom is 4.3027; the standard deviation is 1, over the root of three.
    assert.deepEqual(rounded(overSeeds([1, 2, 3])), [2, -0.4842, 4.4842]);
    assert.deepEqual(rounded(overSeeds([5, 5, 5])), [5, 5, 5]);
  });

  it('are of right answers a share with the interval of the rows, also where no seed has one right', () => {
    const none = { right: 0, rows: 82 };
    assert.deepEqual(rounded(shareOf([none, none, none])), [0, 0, 0.0448]);
    assert.deepEqual(
      rounded(
        shareOf([
          { right: 4, rows: 10 },
          { right: 6, rows: 10 },
        ]),
      ),
      [0.5, 0.2366, 0.7634],
    );
  });

  it('differ seed by seed, so that what a seed does to both is not counted', () => {
    assert.deepEqual(rounded(difference([1, 5, 9], [2, 6, 10])), [-1, -1, -1]);
  });
});

describe('rows of so many targets', () => {
  it('are taken in their order while they fit, then each later one that still does', () => {
    assert.deepEqual(rowsWithTargets([4, 5, 3, 1, 2], 12), [0, 1, 2]);
    assert.deepEqual(rowsWithTargets([4, 5, 9, 1, 2], 12), [0, 1, 3, 4]);
  });

  it('never come to more', () => {
    assert.deepEqual(rowsWithTargets([13, 6, 7], 12), [1]);
    assert.deepEqual(rowsWithTargets([], 12), []);
  });
});
