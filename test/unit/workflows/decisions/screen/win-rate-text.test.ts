import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unreadableText, verdictsText } from '../../../../../workflows/decisions/screen/win-rate-text.ts';

describe('what a comparison came to, in words', () => {
  it('counts one of a thing as one', () => {
    assert.equal(verdictsText({ wins: 47, losses: 0, ties: 1 }), '47 wins, 0 losses, 1 tie');
    assert.equal(verdictsText({ wins: 1, losses: 1, ties: 2 }), '1 win, 1 loss, 2 ties');
    assert.equal(
      unreadableText({ unreadable: 1, unjudged: 1 }),
      '; 1 verdict unreadable, 1 pair left out for it',
    );
    assert.equal(unreadableText({ unreadable: 0, unjudged: 0 }), '');
  });
});
