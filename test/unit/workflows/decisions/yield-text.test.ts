import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collapseReason, yieldText } from '../../../../workflows/decisions/yield-text.ts';

const COUNTS = {
  ...{ asked: 850, parsed: 700, malformed: 150, similar: 571, accepted: 100 },
  filtered: { 'too-short': 9, 'forbidden-word': 20 },
};

describe('the yield in words', () => {
  it('says what became of every row, the most frequent filter first', () => {
    assert.equal(
      yieldText(COUNTS),
      'of 850 asked: 700 parsed, 150 malformed; dropped: 20 forbidden-word, 9 too-short; 571 too similar; 100 accepted',
    );
  });

  it('leaves out filters that dropped nothing', () => {
    assert.equal(
      yieldText({ ...COUNTS, filtered: { 'too-short': 0 } }),
      'of 850 asked: 700 parsed, 150 malformed; 571 too similar; 100 accepted',
    );
    assert.equal(
      collapseReason({ ...COUNTS, malformed: 600 }),
      'most rows were lost as malformed or cut off: 600 of 850 asked for',
    );
  });

  it('names the rule that lost the most rows where the yield collapsed', () => {
    assert.equal(
      collapseReason(COUNTS),
      'most rows were lost as too similar to accepted rows: 571 of 850 asked for',
    );
    assert.equal(
      collapseReason({ ...COUNTS, similar: 0, filtered: { 'too-long': 600 } }),
      'most rows were lost as too-long: 600 of 850 asked for',
    );
  });

  it('names refusals where nothing was asked that could be counted', () => {
    const nothing = { asked: 0, parsed: 0, malformed: 0, filtered: {}, similar: 0, accepted: 0 };
    assert.equal(collapseReason(nothing), 'the teacher refused every prompt');
  });
});
