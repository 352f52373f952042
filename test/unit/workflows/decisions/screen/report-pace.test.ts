import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isWorthTelling, reportInterval } from '../../../../../workflows/decisions/screen/report-pace.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe('the reports of a step to its run', () => {
  for (const [time, lasts, expected] of [
    ['two minutes', 2 * MINUTE_MS, 3],
    ['an hour', 60 * MINUTE_MS, 11],
    ['a day', DAY_MS, 35],
    ['a week', 7 * DAY_MS, 179],
  ] as const) {
    it(`are ${expected} in ${time}`, () => {
      let reports = 0;
      for (let elapsed = 0; elapsed <= lasts; elapsed += reportInterval(elapsed)) reports += 1;
      assert.equal(reports, expected);
    });
  }

  it('are a minute apart at first and an hour at the most', () => {
    assert.deepEqual([0, 10 * MINUTE_MS, 30 * DAY_MS].map(reportInterval), [60_000, 300_000, 3_600_000]);
  });

  it('of a generation come at once where 80% of the budget in force is spent, and not again', () => {
    const isTold = (from: number, to: number, budgetUsd: number | null) =>
      isWorthTelling({ accepted: 0, costUsd: to }, { accepted: 0, costUsd: from }, 1, budgetUsd);
    assert.deepEqual(
      [isTold(6.7, 7.9, 10), isTold(6.7, 8, 10), isTold(8, 10, 10), isTold(6.7, 10, null)],
      [false, true, false, false],
    );
  });

  it('of a generation come where its rows or its cost grew by a tenth, a minute apart', () => {
    const last = { accepted: 1000, costUsd: 5 };
    const isTold = (accepted: number, costUsd: number, sinceMs = MINUTE_MS) =>
      isWorthTelling({ accepted, costUsd }, last, sinceMs, null);
    assert.deepEqual([isTold(1100, 5.5), isTold(1101, 5), isTold(1000, 5.6)], [false, true, true]);
    assert.equal(isTold(2000, 10, MINUTE_MS - 1), false);
  });
});
