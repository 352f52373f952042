import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ObservedRequests } from '../../../../workflows/contracts/progress.ts';
import {
  bookSeconds,
  firstState,
  forecastNow,
  type GenerationState,
} from '../../../../workflows/decisions/generation-state.ts';
import { yieldNote } from '../../../../workflows/decisions/screen/generation-notes.ts';
import { answered, paidEstimate, reference } from '../../../workflow/scripted-activities.ts';

const START = 1_000_000;
const HOUR = 3_600_000;

function begun(): GenerationState {
  return firstState(START, reference('seed-tasks', 175), paidEstimate);
}

/** Ten requests of ten rows, alike in all. */
const tenRequests: ObservedRequests = {
  acceptedByGrowth: [{ step: 0, accepted: { count: 10, sum: 100, squares: 1000 } }],
  promptTokens: { count: 10, sum: 5000, squares: 2_500_000 },
  completionTokens: { count: 10, sum: 7000, squares: 4_900_000 },
  costUsd: { count: 10, sum: 2.5, squares: 0.625 },
};

describe('a generation that begins', () => {
  it('has nothing asked, answered or accepted', () => {
    const { accepted, taken, next, answered: indices, emptyRequests, pool, observed } = begun();
    assert.deepEqual(
      [accepted, taken, next, indices, emptyRequests, pool, observed],
      [0, 0, 0, [], 0, null, null],
    );
  });
});

describe('the seconds of a request', () => {
  it('are those of requests that were sent: what the ledger answers says nothing of the teacher', () => {
    const state = begun();
    bookSeconds(state, { ...answered(0), sent: 0 }, 0.5);
    bookSeconds(state, { ...answered(1), sent: 5 }, 10);
    assert.deepEqual(state.seconds, { count: 1, sum: 10, squares: 100 });
    bookSeconds(state, { ...answered(2), sent: 1 }, 20);
    assert.deepEqual(state.seconds, { count: 2, sum: 30, squares: 500 });
  });
});

describe('the forecast as it stands', () => {
  const now = (state: GenerationState, answeredAhead = 0) =>
    forecastNow(state, { target: 100, concurrency: 4 }, answeredAhead, START + HOUR);
  const estimated = paidEstimate.outlook.forecast;

  it('is the estimate before the first round, and before ten requests', () => {
    assert.deepEqual([now(begun()), now(begun(), 16)], [estimated, estimated]);
    const early = { ...begun(), observed: tenRequests, taken: 9, accepted: 100 };
    assert.deepEqual(now(early), estimated);
    assert.equal(now(early, 1)?.basis, 'measured');
  });

  it('is then the run’s own: what is done and took, where nothing is left to do', () => {
    const state = { ...begun(), observed: tenRequests, taken: 10, accepted: 100 };
    Object.assign(state.totals, { promptTokens: 5500, completionTokens: 7700, costUsd: 2.75 });
    const sure = (value: number) => ({ value, low: value, high: value });
    assert.deepEqual(now(state), {
      ...{ basis: 'measured', measuredRequests: 10, requests: sure(10) },
      ...{ promptTokens: sure(5500), completionTokens: sure(7700), costUsd: sure(2.75) },
      ...{ hours: sure(1), secondsLeft: sure(0) },
    });
  });
});

describe('what dedupe has done', () => {
  it('is said in one line', () => {
    const filtered = { 'too-short': 3, 'forbidden-word': 4 };
    const counts = { asked: 40, parsed: 30, malformed: 10, filtered, similar: 5, accepted: 18 };
    assert.equal(yieldNote(counts), '5 too similar, 7 filtered, 10 malformed');
  });
});
