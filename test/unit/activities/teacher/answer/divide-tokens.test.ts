import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { divideTokens } from '../../../../../activities/teacher/answer/divide-tokens.ts';
import fc from '../../../../property.ts';

describe('dividing tokens', () => {
  it('goes by weight, and gives what is left to the largest remainders', () => {
    assert.deepEqual(divideTokens(10, [1, 1, 2]), [3, 2, 5]);
    assert.deepEqual(divideTokens(7, [0, 0]), [4, 3]);
    assert.deepEqual(divideTokens(0, [5, 1]), [0, 0]);
  });

  it('loses and invents none, and is never more than one off', () => {
    const weights = fc.array(fc.nat(1e6), { minLength: 1, maxLength: 256 });
    fc.assert(
      fc.property(fc.nat(1e7), weights, (tokens, parts) => {
        const shares = divideTokens(tokens, parts);
        assert.equal(
          shares.reduce((sum, share) => sum + share, 0),
          tokens,
        );
        const whole = parts.reduce((sum, part) => sum + part, 0);
        for (const [index, share] of shares.entries())
          if (whole > 0) assert.ok(Math.abs(share - (tokens * (parts[index] ?? 0)) / whole) < 1);
      }),
    );
  });
});
