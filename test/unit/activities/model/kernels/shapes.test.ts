import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  broadcastShape,
  concatShape,
  productShape,
  reducedShape,
  reshapedShape,
  sliceShape,
  withAxis,
} from '../../../../../activities/model/kernels/shapes.ts';

describe('the shape of a result', () => {
  it('repeats axes of size 1, and those that one side lacks', () => {
    assert.deepEqual(broadcastShape([4, 1, 3], [2, 1]), [4, 2, 3]);
    assert.deepEqual(broadcastShape([], [5]), [5]);
    assert.deepEqual(broadcastShape([0, 3], [1, 3]), [0, 3]);
  });

  it('has the outer sizes of a product, whichever side is transposed', () => {
    assert.deepEqual(productShape([2, 3], [3, 4], false, false), [2, 4]);
    assert.deepEqual(productShape([3, 2], [4, 3], true, true), [2, 4]);
    assert.deepEqual(productShape([8, 2, 3], [8, 4, 3], false, true), [8, 2, 4]);
  });

  it('loses the axis that is summed, or keeps it with size 1', () => {
    assert.deepEqual(reducedShape([2, 3, 4], -1, false), [2, 3]);
    assert.deepEqual(reducedShape([2, 3, 4], 0, true), [1, 3, 4]);
  });

  it('has as many elements when it is reshaped', () => {
    assert.deepEqual(reshapedShape([2, 3, 4], [-1, 6]), [4, 6]);
    assert.deepEqual(reshapedShape([1], []), []);
  });

  it('is cut, joined and sized along an axis', () => {
    assert.deepEqual(sliceShape([5, 6], [1, 2], [-1, 3]), [4, 3]);
    assert.deepEqual(
      concatShape(
        [
          [2, 3],
          [4, 3],
        ],
        0,
      ),
      [6, 3],
    );
    assert.deepEqual(withAxis([2, 3], 1, 9), [2, 9]);
  });
});
