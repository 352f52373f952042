import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportInterval } from '../../../../../workflows/decisions/screen/report-pace.ts';

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
});
