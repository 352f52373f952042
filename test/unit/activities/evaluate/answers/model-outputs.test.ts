import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  annotatedShare,
  annotationWithOutputs,
  preferenceOf,
  shareIn,
} from '../../../../../activities/evaluate/answers/model-outputs.ts';

describe('the preference of an annotation', () => {
  it('is 2 for A, 1 for B, 1.5 for a tie, and the mean of several verdicts', () => {
    assert.deepEqual([preferenceOf(['A']), preferenceOf(['B']), preferenceOf(['tie'])], [2, 1, 1.5]);
    assert.equal(preferenceOf(['A', 'A', 'B']), 5 / 3);
  });

  it('is read as the share of A, a tie spelled 1.5 or 0', () => {
    assert.deepEqual([2, 1, 1.5, 0, 1.25].map(shareIn), [1, 0, 0.5, 0.5, 0.25]);
  });

  it('is none where it is missing or out of bounds, to every reader', () => {
    assert.deepEqual([null, undefined, 3, 0.5, Number.NaN].map(shareIn), [null, null, null, null, null]);
    const outputs = { output_1: 'x', output_2: 'y', generator_1: 'b', generator_2: 'a' };
    for (const preference of [{}, { preference: null }, { preference: 3 }]) {
      assert.equal(annotatedShare.parse({ ...outputs, ...preference }), null);
      assert.deepEqual(annotationWithOutputs.parse({ ...outputs, ...preference }), {
        ...outputs,
        share: null,
      });
    }
  });
});
