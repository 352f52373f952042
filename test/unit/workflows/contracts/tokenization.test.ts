import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  tokenizationFor,
  tokenizationOfRows,
  tokenizationOfSet,
} from '../../../../workflows/contracts/run.ts';

describe('what rows are compared by where nothing is set', () => {
  it('goes by the language in rounds, and by the rows where they may be of any script', () => {
    assert.deepEqual([tokenizationFor(null, 'en'), tokenizationFor(null, 'ko')], ['rouge', 'unicode']);
    assert.deepEqual([tokenizationOfRows(null, 'en'), tokenizationOfRows(null, 'ko')], [null, 'unicode']);
  });

  it('is for the whole set what its rounds went by, which must agree; imported rows have had none', () => {
    const of = (stopReason: string) => tokenizationOfSet(null, 'en', { stopReason });
    assert.deepEqual(
      [of('target'), of('yield-collapsed'), of('stopped-early'), of('imported')],
      ['rouge', 'rouge', 'rouge', null],
    );
    assert.equal(tokenizationOfSet('unicode', 'en', { stopReason: 'imported' }), 'unicode');
  });
});
