import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { languageOf } from '../../../../activities/artifacts/languages/language.ts';
import { scoreKoreanPairs } from '../../../../bench/dedupe/korean-pairs.ts';

describe('200 labelled pairs of Korean instructions at the threshold of dedupe', () => {
  it('are told apart by pairs of syllables: all of 100 alike are caught, and four that differ', async () => {
    const [found] = await scoreKoreanPairs('syllable-pairs', [0.7]);
    assert.deepEqual(found, {
      threshold: 0.7,
      precision: 0.962,
      recall: 1,
      above: { particle: 25, space: 25, ending: 25, word: 15, order: 10, frame: 2, opposite: 2 },
    });
  });

  it('are told apart less well by words, which a missing space or an ending changes', async () => {
    const [found] = await scoreKoreanPairs('unicode', [0.7]);
    assert.deepEqual(found, {
      threshold: 0.7,
      precision: 0.923,
      recall: 0.72,
      above: { particle: 24, space: 4, ending: 22, word: 13, order: 9, frame: 4, opposite: 2 },
    });
  });

  it('are not seen at all by the reference', async () => {
    const [found] = await scoreKoreanPairs('rouge', [0.7]);
    assert.deepEqual(found, { threshold: 0.7, precision: null, recall: 0, above: {} });
  });

  it('are why Korean is compared so', () => {
    assert.equal(languageOf('ko').tokenization, 'syllable-pairs');
  });
});
