import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agreementOf, sameNames } from '../../../../../activities/filter/grade/agreement.ts';

const times = (count: number, first: number, second: number) =>
  Array.from({ length: count }, () => [first, second] as const);

const rounded = (value: number | null) => value && Number(value.toFixed(4));

describe('the agreement of two judges', () => {
  it('is the share of equal grades, of grades that differ by one at the most, and what exceeds chance', () => {
    const pairs = [
      ...[...times(10, 5, 5), ...times(4, 4, 4), ...times(3, 2, 2), ...times(2, 1, 1)],
      ...[...times(3, 5, 4), ...times(2, 3, 4), ...times(2, 3, 1), ...times(1, 5, 1), ...times(3, 4, 2)],
    ];
    const { compared, exact, withinOne, kappa, kappaInterval } = agreementOf(pairs);
    assert.deepEqual([compared, exact?.share, withinOne?.share], [30, 19 / 30, 24 / 30]);
    assert.deepEqual(exact?.interval.map(rounded), [0.4551, 0.7813]);
    // By statsmodels 0.15, cohens_kappa(table, wt='quadratic'): value.
    assert.deepEqual([rounded(kappa), kappaInterval?.map(rounded)], [0.6713, [0.4235, 0.9191]]);
  });

  it('is whole where both give the same grades', () => {
    const { kappa, kappaInterval, exact } = agreementOf([...times(5, 5, 5), ...times(5, 2, 2)]);
    assert.deepEqual([kappa, kappaInterval, exact?.share], [1, [1, 1], 1]);
  });

  it('is below chance where they contradict each other', () => {
    assert.equal(agreementOf([...times(5, 5, 1), ...times(5, 1, 5)]).kappa, -1);
  });

  it('of names counts equal ones alone', () => {
    const named = (count: number, first: string, second: string) =>
      Array.from({ length: count }, () => [first, second] as const);
    const { same, kappa } = sameNames([
      ...[...named(20, 'code', 'code'), ...named(15, 'chat', 'chat')],
      ...[...named(5, 'code', 'chat'), ...named(10, 'chat', 'code')],
    ]);
    assert.deepEqual([same?.share, rounded(kappa)], [0.7, 0.4]);
    assert.deepEqual(sameNames([]), { same: null, kappa: null, kappaInterval: null });
    assert.equal(sameNames(named(10, 'code', 'code')).kappa, null);
  });

  it('is not defined where one grade is all that there is, and nothing where nothing is compared', () => {
    assert.deepEqual(agreementOf(times(3, 5, 5)).kappa, null);
    assert.deepEqual(agreementOf([]), {
      ...{ compared: 0, exact: null, withinOne: null, kappa: null, kappaInterval: null },
    });
  });
});
