import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { winRateOf } from '../../../../../activities/evaluate/winrate/winrate.ts';

const repeat = (share: number, times: number) => new Array<number>(times).fill(share);

describe('winRateOf', () => {
  it('gives the original’s result: 90 wins to 89', () => {
    const result = winRateOf([...repeat(1, 90), ...repeat(0, 89)]);
    assert.equal(result.n, 179);
    assert.equal(result.wins, 90);
    assert.equal(result.losses, 89);
    assert.equal(result.ties, 0);
    assert.equal(result.winRate?.toFixed(4), '50.2793');
    assert.equal(result.standardError?.toFixed(4), '3.7476');
    assert.deepEqual(
      result.interval?.map((bound) => bound.toFixed(2)),
      ['42.93', '57.62'],
    );
  });

  it('agrees with a published AlpacaEval line: 44 wins, 56 losses, standard error 4.988876515698589', () => {
    const result = winRateOf([...repeat(1, 44), ...repeat(0, 56)]);
    assert.equal(result.winRate, 44);
    assert.ok(Math.abs((result.standardError ?? 0) - 4.988876515698589) < 1e-12);
  });

  it('counts a tie as half a win', () => {
    const result = winRateOf([1, 0, 0.5, 0.5]);
    assert.deepEqual([result.wins, result.losses, result.ties, result.winRate], [1, 1, 2, 50]);
    // variance (1/4 + 1/4) / 3, over 4
    assert.equal(result.standardError?.toFixed(6), (100 * Math.sqrt(0.5 / 3 / 4)).toFixed(6));
  });

  it('weighs graded shares as they are, and leaves out what was not judged', () => {
    const result = winRateOf([0.9, 0.2, null]);
    assert.equal(result.n, 2);
    assert.equal(result.winRate?.toFixed(10), '55.0000000000');
    assert.equal(result.standardError?.toFixed(10), '35.0000000000');
    assert.deepEqual([result.wins, result.losses], [1, 1]);
  });

  it('does not claim certainty where all pairs went one way', () => {
    const result = winRateOf(repeat(1, 10));
    assert.equal(result.winRate, 100);
    assert.equal(result.standardError, 0);
    assert.deepEqual(
      result.interval?.map((bound) => bound.toFixed(2)),
      ['72.25', '100.00'],
    );
    assert.deepEqual(
      winRateOf(repeat(0, 10)).interval?.map((bound) => bound.toFixed(2)),
      ['0.00', '27.75'],
    );
  });

  it('makes no figure of no pairs', () => {
    for (const judged of [[], [null, null]])
      assert.deepEqual(winRateOf(judged), {
        ...{ n: 0, wins: 0, losses: 0, ties: 0, pValue: 1 },
        ...{ winRate: null, standardError: null, interval: null },
      });
  });
});
