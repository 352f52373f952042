import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reachedShares, sharesText } from '../../../../../workflows/decisions/screen/shares.ts';

describe('the shares of a run', () => {
  const input = { languages: { en: 0.8, ko: 0.2 }, classes: { code: 0.125 } };

  it('are those of its languages, then of its classes, with the rows of each', () => {
    assert.deepEqual(reachedShares(input, { ko: 30, code: 20, en: 70 }), [
      { name: 'en', target: 0.8, rows: 70 },
      { name: 'ko', target: 0.2, rows: 30 },
      { name: 'code', target: 0.125, rows: 20 },
    ]);
  });

  it('are said as what is reached of what is wanted', () => {
    const shares = reachedShares(input, { en: 806, ko: 194, code: 94 });
    assert.equal(
      sharesText(shares, 1000, true),
      'en 80.6% of 80%, ko 19.4% of 20%, code 9.4% of 12.5% (missed)',
    );
    assert.equal(sharesText(shares, 1000, false), 'en 80.6% of 80%, ko 19.4% of 20%, code 9.4% of 12.5%');
    assert.equal(sharesText([], 1000, true), null);
    assert.equal(sharesText(shares, 0, true), null);
  });
});
