import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tokenizeRouge } from '../../../../../activities/dedupe/rouge/tokenize.ts';
import { Vocabulary } from '../../../../../activities/dedupe/rouge/vocabulary.ts';

describe('the vocabulary', () => {
  it('gives tokens their ids in the order of first sight, from 0', () => {
    const vocabulary = new Vocabulary(tokenizeRouge);
    assert.deepEqual(vocabulary.encode('the cat and the dog'), Int32Array.of(0, 1, 2, 0, 3));
    assert.deepEqual(vocabulary.encode('a dog'), Int32Array.of(4, 3));
    assert.deepEqual(vocabulary.encode(''), Int32Array.of());
    assert.equal(vocabulary.size, 5);
  });
});
