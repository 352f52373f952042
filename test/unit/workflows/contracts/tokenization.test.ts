import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tokenizationOfRows, tokenizationOfSet } from '../../../../workflows/contracts/run.ts';

describe('what rows are compared by where nothing is set', () => {
  it('goes by the rows where they may be of any script, unless the language needs another than the reference’s', () => {
    assert.equal(tokenizationOfRows(null, 'rouge'), null);
    assert.equal(tokenizationOfRows(null, 'unicode'), 'unicode');
    assert.equal(tokenizationOfRows('rouge', 'unicode'), 'rouge');
  });

  it('is for the whole set what its rounds went by, which must agree; imported rows have had none', () => {
    const of = (stopReason: string) => tokenizationOfSet(null, 'rouge', { stopReason });
    assert.deepEqual(
      [of('target'), of('yield-collapsed'), of('stopped-early'), of('imported')],
      ['rouge', 'rouge', 'rouge', null],
    );
    assert.equal(tokenizationOfSet('unicode', 'rouge', { stopReason: 'imported' }), 'unicode');
  });
});
