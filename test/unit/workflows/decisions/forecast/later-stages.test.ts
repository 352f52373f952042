import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nothingObserved } from '../../../../../activities/generate/accept/recorded-yield.ts';
import type { AnswerRequestResult } from '../../../../../workflows/contracts/generate-activities.ts';
import { Budget, budgetPause } from '../../../../../workflows/decisions/budget.ts';
import { within } from '../../../../../workflows/decisions/forecast/forecasting.ts';
import { heldBackUsd, laterUsdOfRequest } from '../../../../../workflows/decisions/forecast/later-stages.ts';
import { bookAnswer, firstState } from '../../../../../workflows/decisions/generation-state.ts';
import { nextJobSize } from '../../../../../workflows/decisions/next-job.ts';
import { answered, paidEstimate, reference } from '../../../../workflow/scripted-activities.ts';
import { inStage } from './in-stage.ts';

const { now: request } = inStage('instructions').estimate.outlook.stages ?? assert.fail();
const dollars = (usd: number) => usd.toFixed(2);

describe('what is held back for the stages to come', () => {
  it('is what they are expected to take of what a request brings, for each that is asked and for one more, and the worst case of one', () => {
    // Ten instructions are two requests of five prompts in each later stage: 2 x (0.05 + 0.25).
    assert.equal(dollars(laterUsdOfRequest(inStage('instructions'))), '0.60');
    assert.equal(dollars(heldBackUsd(inStage('instructions'))), '1.60');
    assert.equal(dollars(heldBackUsd(inStage('instructions', { next: 4 }))), '4.00');
  });

  it('goes by the yield once there is one', () => {
    // Five each, not ten.
    assert.equal(dollars(heldBackUsd(inStage('instructions', { next: 4, taken: 4, accepted: 20 }))), '2.50');
  });

  it('is more where this stage costs more than was expected, and never less', () => {
    const paid = (usd: number) => ({
      ...nothingObserved(),
      costUsd: { count: 2, sum: 2 * usd, squares: 2 * usd ** 2 },
    });
    // 0.20 dollars a request were expected.
    assert.equal(dollars(heldBackUsd(inStage('instructions', { next: 4, observed: paid(0.5) }))), '8.50');
    assert.equal(dollars(heldBackUsd(inStage('instructions', { next: 4, observed: paid(0.1) }))), '4.00');
  });

  it('is the instances alone while tasks are classified, and nothing while these are asked for', () => {
    assert.equal(
      dollars(heldBackUsd(inStage('classification', { next: 7, taken: 7, accepted: 35 }))),
      '3.00',
    );
    assert.equal(heldBackUsd(inStage('instances', { next: 7, taken: 7, accepted: 35 })), 0);
  });

  it('is the same for what the ledger had, and for what was lost and asked again', () => {
    const held = (...askings: Partial<AnswerRequestResult>[]) => {
      const state = inStage('instructions', { next: 1 });
      for (const asking of askings) bookAnswer(state, { ...answered(0), ...asking });
      return dollars(heldBackUsd(state));
    };
    // Of one request that was asked, and of one more.
    assert.equal(held({ sent: 5 }), '2.20');
    assert.equal(held({ sent: 0, fromLedger: 5 }), '2.20');
    const lost = { status: 'lost', sent: 4, lost: 1 } as const;
    assert.equal(held(lost, { sent: 1, fromLedger: 4 }), '2.20');
  });

  it('is nothing where the teacher is free, though answers of the ledger once cost money', () => {
    const state = inStage('instructions', { next: 4 });
    const free = { ...request, costUsd: within(0, 1) };
    const stages = { promptsPerRequest: 5, now: free, later: [free, free], laterWorstCaseUsd: 0 };
    const estimate = { ...state.estimate, outlook: { ...state.estimate.outlook, stages } };
    const paid = { ...nothingObserved(), costUsd: { count: 2, sum: 1, squares: 0.5 } };
    assert.equal(heldBackUsd({ ...state, estimate, observed: paid }), 0);
  });

  it('is nothing where the method has no stages', () => {
    const state = { ...firstState(0, reference('seed-tasks', 175), paidEstimate), next: 4 };
    assert.deepEqual([heldBackUsd(state), laterUsdOfRequest(state)], [0, 0]);
  });
});

describe('a budget that holds back', () => {
  it('reserves nothing that would not leave it, and says so', () => {
    let held = 2;
    const budget = new Budget(
      () => 5,
      1,
      1,
      () => held,
    );
    assert.deepEqual([budget.affords(2), budget.affords(2.5), budget.timesAffordable(0.5)], [true, false, 4]);
    assert.equal(
      budgetPause(budget, 'one more request', 2.5).reason,
      'the budget of 5.00 USD is reached: 1.00 USD is spent, 2.00 USD is held back for the stages to come and one more request can cost 2.50 USD; everything is kept, setBudget goes on, stopEarly with what there is',
    );
    held = 0;
    assert.equal(budget.reserve(4) === null, false);
  });

  it('makes a job no larger than what it brings can be paid for', () => {
    const state = inStage('instructions');
    const pace = {
      method: 'self-instruct',
      roundSize: 64,
      ...{ seesAfter: 32, languages: null, classes: null },
    } as const;
    const plan = { requestsPerJob: 100, pollSeconds: 1 };
    const sized = (capUsd: number) => {
      const budget = new Budget(
        () => capUsd,
        0,
        1,
        () => heldBackUsd(state),
      );
      return nextJobSize({ state, pace, plan, budget, contiguous: 0, target: 100 });
    };
    // A dollar at the most for a request, 0.60 for what it brings, and a dollar at the most for a last one of later stages.
    assert.deepEqual([sized(2.5), sized(2.7), sized(4.1), sized(4.3), sized(100)], [0, 1, 1, 2, 10]);
  });
});
