import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generateInput } from '../../../../workflows/contracts/generate.ts';
import type { AcceptRoundResult } from '../../../../workflows/contracts/generate-activities.ts';
import { Budget } from '../../../../workflows/decisions/budget.ts';
import { noSums } from '../../../../workflows/decisions/forecast/sums.ts';
import {
  bookAnswer,
  bookJob,
  bookRound,
  firstState,
  type GenerationState,
  generated,
  imported,
} from '../../../../workflows/decisions/generation-state.ts';
import { nextJobSize } from '../../../../workflows/decisions/next-job.ts';
import {
  askedBelow,
  nextRound,
  nextRoundSize,
  type Pace,
  requestsNeeded,
  seenPool,
} from '../../../../workflows/decisions/next-round.ts';
import { answered, collected, paidEstimate, reference } from '../../../workflow/scripted-activities.ts';

const pace = (roundSize: number, seesAfter?: number): Pace => ({
  roundSize,
  method: seesAfter === undefined ? 'alpaca' : 'self-instruct',
  ...{ seesAfter: seesAfter ?? null, languages: null, classes: null },
});
const EIGHT = pace(8);

/** After eight requests that brought 40 rows, where ten a request were expected. */
function afterEight(): GenerationState {
  const state = firstState(0, reference('seed-tasks', 175), paidEstimate);
  bookRound(state, roundOf(8, 40, 'continue'));
  state.next = 8;
  return state;
}

const nothingObserved = {
  acceptedByGrowth: [],
  promptTokens: noSums(),
  completionTokens: noSums(),
  costUsd: noSums(),
};

function roundOf(
  requestsUsed: number,
  accepted: number,
  outcome: AcceptRoundResult['outcome'],
): AcceptRoundResult {
  return {
    pool: reference('pool', accepted),
    ...{ accepted, requestsUsed, outcome, emptyRequests: 0 },
    yield: { asked: 100, parsed: 60, malformed: 40, filtered: { 'too-short': 10 }, similar: 10, accepted },
    observed: nothingObserved,
    byShare: { code: 4 },
  };
}

describe('what a generation asks and takes next', () => {
  it('is what the target needs by the estimate, and then by what was accepted', () => {
    const state = firstState(0, reference('seed-tasks', 175), paidEstimate);
    assert.equal(requestsNeeded(state, 101), 11);
    assert.equal(requestsNeeded(afterEight(), 101), 13);
    assert.equal(requestsNeeded(afterEight(), 40), 1);
  });

  it('goes no further ahead than two windows or two rounds', () => {
    const state = afterEight();
    assert.equal(askedBelow(state, EIGHT, { target: 1000, concurrency: 2 }), 24);
    assert.equal(askedBelow(state, EIGHT, { target: 1000, concurrency: 16 }), 40);
    assert.equal(askedBelow(state, EIGHT, { target: 50, concurrency: 16 }), 10);
  });

  it('goes no further ahead than its prompts see, by single requests, by rounds and by jobs', () => {
    const state = afterEight();
    assert.equal(askedBelow(state, pace(8, 3), { target: 1000, concurrency: 16 }), 8 + 4);
    assert.equal(nextRoundSize(state, pace(8, 3), 1000), 4);
    const plan = { requestsPerJob: 10, pollSeconds: 1 };
    const budget = new Budget(() => null);
    assert.equal(nextJobSize({ state, target: 1000, plan, pace: pace(8, 3), contiguous: 0, budget }), 4);
    assert.deepEqual(seenPool({ seesAfter: 3 }, state), { pool: reference('pool', 40) });
    assert.deepEqual(seenPool({ seesAfter: null }, state), {});
  });

  it('is measured after ten requests, whatever the round, and ends with what is needed', () => {
    const first = firstState(0, reference('seed-tasks', 175), paidEstimate);
    assert.deepEqual([nextRoundSize(first, pace(32), 1000), nextRoundSize(first, pace(4), 1000)], [10, 4]);
    assert.deepEqual(
      [nextRoundSize(afterEight(), pace(32), 1000), nextRoundSize(afterEight(), pace(32), 50)],
      [32, 2],
    );
  });

  it('hands a round what earlier ones left', () => {
    const input = generateInput.parse({ target: 50, tokenization: 'unicode', collapseAfter: 7 });
    assert.deepEqual(nextRound(afterEight(), 2, input, 60), {
      ...{ threshold: 0.7, tokenization: 'unicode', firstRequest: 8, requests: 2, target: 60 },
      ...{ pool: reference('pool', 40), collapseAfter: 7, emptyRequests: 0 },
      seconds: null,
    });
    const seconds = { count: 2, sum: 30, squares: 500 };
    assert.deepEqual(nextRound({ ...afterEight(), seconds }, 2, input, 60).seconds, seconds);
  });

  it('is by the job as large as the provider and the budget allow, and nothing while a round can be taken', () => {
    const plan = { requestsPerJob: 10, pollSeconds: 1 };
    const sizing = { state: afterEight(), target: 1000, plan, pace: EIGHT, contiguous: 0 };
    assert.equal(nextJobSize({ ...sizing, budget: new Budget(() => null) }), 10);
    assert.equal(nextJobSize({ ...sizing, budget: new Budget(() => 7.5, 4) }), 3);
    assert.equal(nextJobSize({ ...sizing, budget: new Budget(() => 7.5, 7) }), 0);
    assert.equal(nextJobSize({ ...sizing, target: 50, budget: new Budget(() => null) }), 2);
    assert.equal(nextJobSize({ ...sizing, contiguous: 8, budget: new Budget(() => null) }), 0);
  });
});

describe('the books of a generation', () => {
  it('have what an asking cost, and its prompts once it is answered', () => {
    const state = firstState(0, reference('seed-tasks', 175), paidEstimate);
    const lost = { ...answered(0), status: 'lost' as const, sent: 4, lost: 1, lostUsd: 0.25, costUsd: 0.5 };
    assert.equal(bookAnswer(state, lost), 0.75);
    assert.equal(bookAnswer(state, { ...answered(0, 0.125), sent: 1, refused: 2 }), 0.125);
    assert.deepEqual(state.totals, {
      ...{ prompts: 5, sent: 5, lost: 1, refused: 2 },
      ...{ promptTokens: 2000, completionTokens: 4000, costUsd: 0.875 },
    });
  });

  it('have what a job cost, and its prompts once the last of its range is answered', () => {
    const state = firstState(0, reference('seed-tasks', 175), paidEstimate);
    const submitted = { batch: 'b', prompts: 10, worstCaseUsd: 2, lost: 1, lostUsd: 0.25 };
    assert.equal(
      bookJob(state, submitted, { ...collected(2, 0.5), missing: 3, lost: 2, lostUsd: 0.125 }),
      0.875,
    );
    assert.deepEqual([state.totals.prompts, state.totals.lost, state.totals.costUsd], [0, 3, 0.875]);
    bookJob(state, { ...submitted, lost: 0, lostUsd: 0 }, collected(2));
    assert.equal(state.totals.prompts, 10);
  });

  it('have the requests that a round considered, and say why it was the last', () => {
    const state = afterEight();
    assert.equal(bookRound(state, roundOf(3, 40, 'collapsed')), 'yield-collapsed');
    assert.deepEqual([state.taken, state.yield.asked, state.yield.filtered], [11, 200, { 'too-short': 20 }]);
    assert.equal(bookRound(afterEight(), roundOf(3, 40, 'continue')), null);
    assert.equal(bookRound(afterEight(), roundOf(3, 40, 'target')), 'target');
  });

  it('are the result, and those of imported rows count each row as asked for and accepted', () => {
    const result = generated(generateInput.parse({ classes: { code: 0.25 } }), afterEight(), 'target', {
      data: reference('dataset', 40),
      yieldByRequest: reference('yield', 8),
      files: null,
    });
    assert.deepEqual([result.requests, result.data.rows, result.yieldByRequest?.rows], [8, 40, 8]);
    assert.deepEqual(result.shares, [{ name: 'code', target: 0.25, rows: 4 }]);
    const { yield: counts, requests, prompts, stopReason } = imported(reference('dataset', 40));
    assert.deepEqual([requests, prompts, stopReason], [0, 0, 'imported']);
    assert.deepEqual(counts, { asked: 40, parsed: 40, malformed: 0, filtered: {}, similar: 0, accepted: 40 });
  });
});
