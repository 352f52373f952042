import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkExample, countTargets } from '../../../../activities/model/example.ts';

const example = { inputIds: Int32Array.of(1, 2, 3, 4), labels: Int32Array.of(-100, 2, -100, 4) };
const limits = { vocabSize: 8, maxPositions: 4 };

describe('an example', () => {
  it('never counts the first label, which nothing predicts', () => {
    assert.equal(countTargets({ inputIds: Int32Array.of(1, 2), labels: Int32Array.of(1, -100) }), 0);
    assert.equal(countTargets(example), 2);
  });

  it('is refused where an id is outside the vocabulary, naming both', () => {
    checkExample(example, limits, 'Row 3');
    const wrong = { inputIds: Int32Array.of(1, 8), labels: Int32Array.of(-100, 1) };
    assert.throws(() => checkExample(wrong, limits, 'Row 3'), /Row 3 has the token id 8, .* ids below 8/);
    const masked = { inputIds: Int32Array.of(1, -100), labels: Int32Array.of(-100, 1) };
    assert.throws(() => checkExample(masked, limits, 'Row 3'), /Row 3 has the token id -100/);
  });

  it('is refused where it is longer than the model has positions', () => {
    const wrong = { inputIds: new Int32Array(5), labels: new Int32Array(5) };
    assert.throws(() => checkExample(wrong, limits, 'Row 3'), /Row 3 has 5 tokens, and the model has 4/);
  });
});
