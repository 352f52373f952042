import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nothingObserved, observe } from '../../../../../activities/generate/accept/recorded-yield.ts';
import { PhiloxStream } from '../../../../../activities/philox.ts';
import type { Forecast } from '../../../../../workflows/contracts/progress.ts';
import { forecastText, timeLeftText } from '../../../../../workflows/decisions/forecast/forecast-text.ts';
import { meanOf, within } from '../../../../../workflows/decisions/forecast/forecasting.ts';
import { refineForecast } from '../../../../../workflows/decisions/forecast/refined-forecast.ts';
import { noSums } from '../../../../../workflows/decisions/forecast/sums.ts';
import {
  ASSUMED_DECLINE,
  growthOf,
  student95,
} from '../../../../../workflows/decisions/forecast/yield-decline.ts';
import { noYield } from '../../../../../workflows/decisions/yield-counts.ts';

describe('the forecast of a run, refined by its first ten requests', () => {
  it('covers the truth in at least 90% of simulated runs', () => {
    for (const target of [1000, 5000, 20_000]) {
      const covered = shareCovered(target, (normal) => ASSUMED_DECLINE.mean + 0.2 * normal);
      assert.ok(covered >= 0.9, `${target} rows: ${covered}`);
    }
  });

  it('covers it in at least 80% where the yield does not decline at all, or twice as fast as assumed', () => {
    for (const decline of [0, 2 * ASSUMED_DECLINE.mean]) {
      const covered = shareCovered(5000, () => decline);
      assert.ok(covered >= 0.8, `decline ${decline}: ${covered}`);
    }
  });

  it('learns the decline: after 100 requests the interval is less than half as wide', () => {
    const width = ({ requests }: Forecast) => Math.log(requests.high / requests.low);
    const simulated = { target: 20_000, decline: 0.2, level: 45, stream: streamOf(1) };
    const [early, late] = [10, 100].map((after) => simulate({ ...simulated, after }).forecast);
    assert.ok(early && late);
    assert.ok(width(late) < width(early) / 2, `${width(early)} ${width(late)}`);
  });

  it('measures tokens, dollars and seconds at the concurrency, what is done included', () => {
    const forecast = forecastAfterTen({ answeredAhead: 4, rows: 50, target: 1000 });
    assert.ok(forecast);
    assert.deepEqual([forecast.basis, forecast.measuredRequests], ['measured', 10]);
    const { value } = forecast.requests;
    assert.ok(value >= 20 && value <= 24, String(value));
    const unasked = value - 14;
    assert.equal(forecast.promptTokens.value, 14_000 + 1000 * unasked);
    assert.equal(forecast.costUsd.value.toFixed(6), (0.7 + 0.05 * unasked).toFixed(6));
    assert.equal(forecast.secondsLeft.value, Math.round((12 * unasked) / 4));
    assert.equal((forecast.hours.value * 3600).toFixed(6), (60 + (12 * unasked) / 4).toFixed(6));
  });

  it('waits for ten answered requests, and for an accepted row', () => {
    assert.equal(forecastAfterTen({ answeredAhead: 0, rows: 50, target: 1000, requests: 9 }), null);
    assert.equal(forecastAfterTen({ answeredAhead: 4, rows: 0, target: 1000 }), null);
  });

  it('reads as a sentence', () => {
    const figure = (value: number) => within(value, 1.25);
    const forecast: Forecast = {
      basis: 'measured',
      measuredRequests: 10,
      ...{ requests: figure(320), promptTokens: figure(1), completionTokens: figure(1) },
      ...{ costUsd: figure(4), hours: figure(2), secondsLeft: figure(600) },
    };
    assert.equal(
      forecastText(forecast),
      'about 320 (256 to 400) requests, 4.00 USD (3.20 USD to 5.00 USD), 2.0 h (1.6 h to 2.5 h); measured in this run',
    );
    assert.equal(timeLeftText(forecast), '10 min left (8 min to 13 min)');
  });
});

describe('the intervals', () => {
  it('are made with Student’s t', () => {
    // Quantiles from published tables of the t distribution.
    for (const [degrees, quantile] of [
      [1, 12.706],
      [3, 3.182],
      [4, 2.776],
      [9, 2.262],
      [30, 2.042],
    ] as const)
      assert.ok(Math.abs(student95(degrees) / quantile - 1) < 0.003, `${degrees}: ${student95(degrees)}`);
    const { value, low, high } = meanOf({ count: 4, sum: 20, squares: 120 }) ?? within(0, 1);
    const half = (3.1824 * Math.sqrt(20 / 3)) / 2;
    assert.deepEqual(
      [value, low.toFixed(3), high.toFixed(3)],
      [5, (5 - half).toFixed(3), (5 + half).toFixed(3)],
    );
  });
});

interface Simulated {
  target: number;
  decline: number;
  /** rows of a request while nothing is accepted */
  level: number;
  /** requests before the forecast is made */
  after: number;
  stream: PhiloxStream;
}

/** A run whose requests bring rows that scatter about a declining mean, and what it forecast of itself. */
function simulate({ target, decline, level, after, stream }: Simulated) {
  const observed = nothingObserved();
  let accepted = 0;
  let requests = 0;
  let forecast: Forecast | null = null;
  while (accepted < target) {
    const mean = level * Math.exp(-decline * growthOf(accepted));
    const rows = Math.max(0, Math.round(mean + Math.sqrt(mean) * stream.nextNormal()));
    const line = { ...noYield(), request: requests, accepted: rows, refused: 0, costUsd: 0 };
    observe(observed, { ...line, promptTokens: 1, completionTokens: 1 }, accepted);
    accepted += rows;
    requests += 1;
    if (requests === after && accepted < target)
      forecast = forecastOfRun({ observed: structuredClone(observed), accepted, target, requests });
  }
  return { requests, forecast };
}

const RUNS = 200;

function shareCovered(target: number, declineOf: (normal: number) => number): number {
  let covered = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const stream = streamOf(run);
    const decline = Math.max(-0.2, declineOf(stream.nextNormal()));
    const level = 20 + 50 * (stream.nextWord() / 2 ** 32);
    const { requests, forecast } = simulate({ target, decline, level, after: 10, stream });
    if (forecast && requests >= forecast.requests.low && requests <= forecast.requests.high) covered += 1;
  }
  return covered / RUNS;
}

function streamOf(run: number): PhiloxStream {
  return new PhiloxStream(42, 'shuffle', run);
}

function forecastOfRun(
  run: Pick<Parameters<typeof refineForecast>[0], 'observed' | 'accepted' | 'target'> & { requests: number },
) {
  const nothing = { promptTokens: 0, completionTokens: 0, costUsd: 0, seconds: 0 };
  return refineForecast({
    ...run,
    outlook: { forecast: NO_FORECAST, decline: ASSUMED_DECLINE, secondsPerRequest: within(10, 2) },
    seconds: noSums(),
    concurrency: 1,
    answeredAhead: 0,
    done: { ...nothing, requests: run.requests },
  });
}

const NO_FORECAST: Forecast = {
  basis: 'assumed',
  measuredRequests: 0,
  ...{ requests: within(1, 2), promptTokens: within(1, 2), completionTokens: within(1, 2) },
  ...{ costUsd: within(1, 2), hours: within(1, 2), secondsLeft: within(1, 2) },
};

/** Ten requests alike: 1,000 prompt tokens, 5 cents and 12 seconds each, four in flight, a minute gone. */
function forecastAfterTen(given: { answeredAhead: number; rows: number; target: number; requests?: number }) {
  const { answeredAhead, rows, target, requests = 10 } = given;
  const observed = nothingObserved();
  for (let request = 0; request < requests; request += 1) {
    const line = { ...noYield(), request, accepted: rows, refused: 0, costUsd: 0.05 };
    observe(observed, { ...line, promptTokens: 1000, completionTokens: 2000 }, request * rows);
  }
  return refineForecast({
    outlook: { forecast: NO_FORECAST, decline: ASSUMED_DECLINE, secondsPerRequest: within(10, 2) },
    observed,
    seconds: { count: 10, sum: 120, squares: 1440 },
    accepted: requests * rows,
    target,
    concurrency: 4,
    answeredAhead,
    done: { requests, promptTokens: 14_000, completionTokens: 28_000, costUsd: 0.7, seconds: 60 },
  });
}
