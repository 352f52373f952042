import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exactMatchText } from '../../../../../workflows/decisions/screen/exact-match-text.ts';

describe('an exact match in words', () => {
  const found = { right: 24, rows: 204, interval: [0.0803, 0.1692] as [number, number] };

  it('has its interval in whole percent', () =>
    assert.equal(exactMatchText(found), '24 of 204 (95% interval 8% to 17%)'));

  it('says what the rows are where it is not said beside it', () =>
    assert.equal(exactMatchText(found, 'held-out rows'), '24 of 204 held-out rows (95% interval 8% to 17%)'));
});
