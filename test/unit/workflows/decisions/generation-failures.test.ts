import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  budgetRequired,
  budgetTooSmall,
  nothingAccepted,
  shortOfTarget,
} from '../../../../workflows/decisions/generation-failures.ts';
import { firstState } from '../../../../workflows/decisions/generation-state.ts';
import { paidEstimate, reference } from '../../../workflow/scripted-activities.ts';

describe('why a generation does not begin, or ends with nothing', () => {
  const expected =
    'about 10 requests and 5.00 USD are expected for 100 instructions, and one request can cost up to 1.00 USD';

  it('is that a paid teacher has no budget, or one that is too small', () => {
    assert.deepEqual(budgetRequired({ teacher: 'openai', target: 100 }, paidEstimate), {
      message: `The teacher "openai" costs money, and there is no budget: ${expected}.`,
      remedy:
        'Give a budget in dollars (--budget, or budgetUsd in the input): nothing is asked whose worst case could pass it.',
    });
    assert.deepEqual(budgetTooSmall({ target: 100, budgetUsd: 0.5 }, paidEstimate, 0), {
      message: `The budget of 0.50 USD does not cover one request: ${expected}.`,
      remedy: 'Raise the budget, or lower promptsPerRequest or maxTokens.',
    });
    assert.equal(
      budgetTooSmall({ target: 100, budgetUsd: 1.2 }, paidEstimate, 0.6).message,
      `The budget of 1.20 USD does not cover one request: ${expected}, and what it brings 0.60 USD more in the stages to come.`,
    );
  });

  it('is what became of the answers, with where to look', () => {
    const state = firstState(0, reference('seed-tasks', 175), paidEstimate);
    const of = { teacher: 'openai', ledger: 'default' };
    const empty = nothingAccepted(of, { ...state, taken: 2 });
    assert.match(
      empty.message,
      /^No instruction was accepted from 2 requests: the teacher refused every prompt /,
    );
    assert.match(empty.remedy, /^Look at the seed tasks: .* the teacher "openai" will not do\.$/);
    const totals = { ...state.totals, lost: 5, costUsd: 0.16 };
    const lost = nothingAccepted(of, { ...state, totals });
    assert.match(
      lost.message,
      /^No instruction was accepted from 0 requests: 5 answers were lost .*; 0\.16 USD booked\)\.$/,
    );
    assert.match(lost.remedy, /^Look whether "baseUrl" of the teacher "openai" names an endpoint/);
    const counts = { ...state.yield, asked: 40, malformed: 40 };
    const malformed = nothingAccepted(of, { ...state, taken: 2, yield: counts });
    assert.match(malformed.message, /malformed or cut off: 40 of 40 asked for/);
    const look = 'Look at the answers in the ledger "default": ';
    const other = `the teacher "openai" may not follow the prompt's format.`;
    assert.equal(malformed.remedy, `${look}they may have no text, or ${other}`);
    const parsed = { ...counts, parsed: 1, malformed: 39 };
    assert.equal(nothingAccepted(of, { ...state, yield: parsed }).remedy, look + other);
  });

  it('is asked about where it collapsed below the stated share of its target, and nowhere else', () => {
    const counts = { ...firstState(0, reference('seed-tasks', 175), paidEstimate).yield, asked: 900 };
    const collapsed = {
      counts: { ...counts, similar: 880 },
      wanted: 500,
      stage: null,
      stopReason: 'yield-collapsed' as const,
    };
    assert.equal(
      shortOfTarget({ leastShare: 0.5 }, { ...collapsed, accepted: 20 }),
      'generation ended early with 20 of 500 accepted: most rows were lost as too similar to accepted rows: 880 of 900 asked for',
    );
    assert.equal(shortOfTarget({ leastShare: 0.5 }, { ...collapsed, accepted: 250 }), null);
    assert.equal(shortOfTarget({ leastShare: 0 }, { ...collapsed, accepted: 1 }), null);
    const byRequest = { ...collapsed, accepted: 20, stopReason: 'stopped-early' as const };
    assert.equal(shortOfTarget({ leastShare: 0.5 }, byRequest), null);
  });

  it('is asked about after a turn that few conversations have come through, though it asked for each', () => {
    const yieldOf = firstState(0, reference('seed-tasks', 175), paidEstimate).yield;
    const counts = { ...yieldOf, asked: 10, parsed: 3, filtered: { refused: 7 }, accepted: 3 };
    const reached = { accepted: 3, wanted: 10, counts, stopReason: 'target' as const };
    assert.equal(
      shortOfTarget({ leastShare: 0.5 }, { ...reached, stage: 'question-2' }),
      'generation ended early with 3 of 10 accepted: most rows were lost as refused: 7 of 10 asked for',
    );
    assert.equal(shortOfTarget({ leastShare: 0.3 }, { ...reached, stage: 'question-2' }), null);
    assert.equal(shortOfTarget({ leastShare: 0.5 }, { ...reached, stage: 'instances' }), null);
  });
});
