import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { signTest, wilsonInterval } from '../../../../../activities/evaluate/winrate/interval.ts';
import fc from '../../../../property.ts';

const rounded = (values: number[]) => values.map((value) => Number(value.toFixed(4)));

describe('wilsonInterval', () => {
  // 81 of 263 is the worked example of Newcombe (Statistics in Medicine, 1998).
  it('agrees with the published values', () => {
    assert.deepEqual(rounded(wilsonInterval(5, 10)), [0.2366, 0.7634]);
    assert.deepEqual(rounded(wilsonInterval(0, 10)), [0, 0.2775]);
    assert.deepEqual(rounded(wilsonInterval(10, 10)), [0.7225, 1]);
    assert.deepEqual(rounded(wilsonInterval(81, 263)), [0.2553, 0.3662]);
  });

  it('ends at 0 or 1 itself where none or all succeeded, without a rounding error', () => {
    for (const trials of [7, 9, 10, 12, 13]) {
      assert.equal(wilsonInterval(0, trials)[0], 0);
      assert.equal(wilsonInterval(trials, trials)[1], 1);
    }
  });

  it('is [0, 1] without trials', () => {
    assert.deepEqual(wilsonInterval(0, 0), [0, 1]);
  });

  it('always holds the rate and stays within bounds', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), (successes, failures) => {
        fc.pre(successes + failures > 0);
        const [low, high] = wilsonInterval(successes, successes + failures);
        const rate = successes / (successes + failures);
        assert.ok(low >= 0 && low <= rate && rate <= high && high <= 1);
      }),
    );
  });
});

describe('signTest', () => {
  it('is the two-sided binomial tail', () => {
    assert.equal(signTest(0, 0), 1);
    assert.equal(signTest(5, 5), 1);
    assert.equal(signTest(10, 0).toFixed(9), (2 / 1024).toFixed(9));
    // 2 x (1 + 10 + 45) / 1024
    assert.equal(signTest(2, 8).toFixed(9), (112 / 1024).toFixed(9));
    assert.equal(signTest(8, 2), signTest(2, 8));
  });

  it('holds for counts whose powers of two underflow', () => {
    const p = signTest(1500, 1700);
    assert.ok(p > 0.0003 && p < 0.0006, String(p));
  });
});
