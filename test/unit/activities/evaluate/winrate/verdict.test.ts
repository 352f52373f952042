import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  disagrees,
  shareOf,
  verdictOf,
  verdictOfBoth,
} from '../../../../../activities/evaluate/winrate/verdict.ts';

describe('a verdict', () => {
  it('is by the names, whichever answer was shown first', () => {
    assert.deepEqual(
      [verdictOf('first', 'A'), verdictOf('second', 'A'), verdictOf('tie', 'A')],
      ['A', 'B', 'tie'],
    );
    assert.deepEqual(
      [verdictOf('first', 'B'), verdictOf('second', 'B'), verdictOf('tie', 'B')],
      ['B', 'A', 'tie'],
    );
  });

  it('is a win, a loss or half of each for A', () => {
    assert.deepEqual([shareOf('A'), shareOf('B'), shareOf('tie')], [1, 0, 0.5]);
  });
});

describe('the verdict of both orders', () => {
  it('needs both to agree for a win', () => {
    assert.equal(verdictOfBoth({ aFirst: 'A', bFirst: 'A' }), 'A');
    assert.equal(verdictOfBoth({ aFirst: 'B', bFirst: 'B' }), 'B');
    assert.equal(verdictOfBoth({ aFirst: 'tie', bFirst: 'tie' }), 'tie');
    assert.equal(verdictOfBoth({ aFirst: 'A', bFirst: 'B' }), 'tie');
    assert.equal(verdictOfBoth({ aFirst: 'A', bFirst: 'tie' }), 'tie');
  });

  it('is none where one of them gave none', () => {
    assert.equal(verdictOfBoth({ aFirst: 'unreadable', bFirst: 'unreadable' }), null);
    assert.equal(verdictOfBoth({ aFirst: 'A', bFirst: 'unreadable' }), null);
  });

  it('calls any difference between the orders a disagreement', () => {
    assert.equal(disagrees({ aFirst: 'A', bFirst: 'tie' }), true);
    assert.equal(disagrees({ aFirst: 'B', bFirst: 'B' }), false);
    assert.equal(disagrees({ aFirst: 'B', bFirst: 'unreadable' }), false);
  });
});
