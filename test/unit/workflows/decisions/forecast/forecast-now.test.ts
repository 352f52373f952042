import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Forecast, ObservedRequests } from '../../../../../workflows/contracts/progress.ts';
import { forecastNow } from '../../../../../workflows/decisions/forecast/forecast-now.ts';
import { firstState, type GenerationState } from '../../../../../workflows/decisions/generation-state.ts';
import { paidEstimate, reference } from '../../../../workflow/scripted-activities.ts';
import { inStage } from './in-stage.ts';

const START = 1_000_000;
const HOUR = 3_600_000;

function begun(): GenerationState {
  return firstState(START, reference('seed-tasks', 175), paidEstimate);
}

/** So many requests of ten rows, 500 and 700 tokens and a quarter of a dollar, alike in all. */
function requestsAlike(count: number): ObservedRequests {
  const sums = (each: number) => ({ count, sum: count * each, squares: count * each ** 2 });
  return {
    acceptedByGrowth: [{ step: 0, accepted: sums(10) }],
    ...{ promptTokens: sums(500), completionTokens: sums(700), costUsd: sums(0.25) },
  };
}

const sure = (value: number) => ({ value, low: value, high: value });

describe('the forecast as it stands', () => {
  const now = (state: GenerationState, answeredAhead = 0) =>
    forecastNow(state, { target: 100, concurrency: 4 }, answeredAhead, START + HOUR);
  const estimated = paidEstimate.outlook.forecast;

  it('is the estimate before the first round, and before ten requests', () => {
    assert.deepEqual([now(begun()), now(begun(), 16)], [estimated, estimated]);
    const early = { ...begun(), observed: requestsAlike(9), taken: 9, accepted: 90 };
    assert.deepEqual(now(early), estimated);
    assert.equal(now(early, 1)?.basis, 'measured');
  });

  it('is then the run’s own: what is done and took, where nothing is left to do', () => {
    const state = { ...begun(), observed: requestsAlike(10), taken: 10, accepted: 100 };
    Object.assign(state.totals, { promptTokens: 5500, completionTokens: 7700, costUsd: 2.75 });
    assert.deepEqual(now(state), {
      ...{ basis: 'measured', measuredRequests: 10, requests: sure(10) },
      ...{ promptTokens: sure(5500), completionTokens: sure(7700), costUsd: sure(2.75) },
      ...{ hours: sure(1), secondsLeft: sure(0) },
    });
  });
});

describe('the forecast of a run in stages', () => {
  const now = (state: GenerationState, answeredAhead = 0) =>
    forecastNow(state, { target: 100, concurrency: 4 }, answeredAhead, START + HOUR) ?? assert.fail();
  const figures = ({ basis, requests, costUsd, hours, secondsLeft }: Forecast) => [
    basis,
    ...[requests, costUsd, hours, secondsLeft].map(({ value }) => Number(value.toFixed(4))),
  ];

  it('is the estimate of all of them before ten requests', () => {
    const state = inStage('instructions', { startedAt: START });
    assert.deepEqual(now(state), state.estimate.outlook.forecast);
  });

  it('has in the first what that has measured, and of the others what is expected', () => {
    const done = { observed: requestsAlike(10), taken: 10, accepted: 100 };
    const state = inStage('instructions', { startedAt: START, ...done });
    state.totals.costUsd = 2.5;
    // A hundred tasks: twenty requests at 0.05 and twenty at 0.25 dollars, of 1 and 8 seconds, four at once.
    assert.deepEqual(figures(now(state)), ['stage-measured', 50, 2.5 + 1 + 5, 1.0125, 5 + 40]);
  });

  it('counts in a later one what is done in all, and the requests that its tasks still need', () => {
    const state = inStage('classification', { startedAt: START, taken: 8, accepted: 40 });
    state.totals.costUsd = 3;
    // Ten requests before; eight of this stage done, twelve left, then twenty of the last.
    assert.deepEqual(figures(now(state)), ['assumed', 50, 3 + 0.6 + 5, 1.0119, 3 + 40]);
    // Four of those twelve are answered, and booked.
    assert.deepEqual(figures(now(state, 4)), ['assumed', 50, 3 + 0.4 + 5, 1.0117, 2 + 40]);
  });

  it('goes by what the last one itself has measured, from its tenth request on', () => {
    const state = inStage('instances', { startedAt: START, taken: 10, observed: requestsAlike(10) });
    Object.assign(state.totals, { costUsd: 6 });
    state.seconds = { count: 10, sum: 20, squares: 40 };
    // Thirty before, ten done, ten left at a quarter of a dollar and two seconds, four at once.
    assert.deepEqual(figures(now(state)), ['measured', 50, 8.5, 1.0014, 5]);
  });
});
