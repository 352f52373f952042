import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Estimated } from '../../../../../workflows/contracts/progress.ts';
import {
  type ForecastInput,
  forecastOf,
  meanOf,
  within,
} from '../../../../../workflows/decisions/forecast/forecasting.ts';

const sure = (value: number): Estimated => ({ value, low: value, high: value });

/** Twenty requests are left, of 100 and 200 tokens, a cent and ten seconds each; ten are done. */
function forecast(change: Partial<ForecastInput>) {
  return forecastOf({
    ...{ basis: 'measured', measuredRequests: 10, requestsLeft: sure(20), answeredAhead: 0 },
    ...{ promptTokens: sure(100), completionTokens: sure(200), costUsd: sure(0.01), seconds: sure(10) },
    concurrency: 4,
    done: { requests: 10, promptTokens: 1000, completionTokens: 2000, costUsd: 0.1, seconds: 3500 },
    ...change,
  });
}

const rounded = ({ value, low, high }: Estimated) => [value, low, high].map((figure) => figure.toFixed(2));

describe('the forecast of what is done and what is left', () => {
  it('is their sum, with the time in windows of what is asked together', () => {
    const { requests, promptTokens, completionTokens, costUsd, hours, secondsLeft } = forecast({});
    assert.deepEqual([requests, promptTokens, completionTokens], [sure(30), sure(3000), sure(6000)]);
    assert.equal(costUsd.value.toFixed(6), '0.300000');
    assert.deepEqual([secondsLeft.value, rounded(hours)[0]], [50, '0.99']);
  });

  it('has whole requests, and none more for the rounding of a sum', () => {
    assert.deepEqual(
      [20, 20 + 1e-10, 20.01, -1].map((left) => forecast({ requestsLeft: sure(left) }).requests.value),
      [30, 30, 31, 10],
    );
  });

  it('takes as long as one request where fewer are left than are asked together, and no time for none', () => {
    assert.equal(forecast({ requestsLeft: sure(2) }).secondsLeft.value, 10);
    const answered = forecast({ answeredAhead: 20 });
    assert.deepEqual([answered.secondsLeft, answered.promptTokens], [sure(0), sure(1000)]);
  });

  it('adds errors that have nothing to do with each other as squares of their factors', () => {
    // Factors of 2 and 3 make exp(sqrt(ln(2)^2 + ln(3)^2)), which is 3.66563.
    const { promptTokens } = forecast({
      requestsLeft: { value: 20, low: 10, high: 60 },
      promptTokens: { value: 100_000, low: 100_000 / 3, high: 200_000 },
    });
    assert.deepEqual(rounded(promptTokens), ['2001000.00', '546609.00', '7332261.00']);
  });

  it('may be over by now, or cost nothing more: then a bound is what the others say', () => {
    const mayBeOver = forecast({ requestsLeft: { value: 20, low: 0, high: 40 } });
    assert.equal(mayBeOver.promptTokens.low, 1000);
    const mayGoOn = forecast({ requestsLeft: { value: 20, low: 20, high: 60 }, answeredAhead: 20 });
    assert.deepEqual(mayGoOn.promptTokens, { value: 1000, low: 1000, high: 1000 + 40 * 100 });
  });
});

describe('a mean', () => {
  it('has an interval from two figures on, and none below zero', () => {
    assert.equal(meanOf({ count: 1, sum: 5, squares: 25 }), null);
    // 4 and 6: a deviation of sqrt(2), over sqrt(2), times 12.7062.
    const two = meanOf({ count: 2, sum: 10, squares: 52 });
    assert.deepEqual(two && rounded(two), ['5.00', '0.00', '17.71']);
  });

  it('is within a factor where it is assumed to be', () => {
    assert.deepEqual(within(10, 2), { value: 10, low: 5, high: 20 });
  });
});
