import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Question } from '../../../../activities/evaluate/answers/instructions.ts';
import {
  type EvaluationPlan,
  estimateEvaluation,
} from '../../../../activities/evaluate/estimate-evaluation.ts';

const question: Question = { instruction: 'Name a colour.', input: '', dataset: '', reference: null };
const FREE = { inputUsdPerMillion: 0, outputUsdPerMillion: 0 };
const plan: EvaluationPlan = {
  questions: Array.from({ length: 20 }, () => question),
  maxInstructions: 48,
  maxNewTokens: 96,
  verdictTokens: 64,
  candidates: 2,
  pairs: 'first',
  judge: { inputUsdPerMillion: 0, outputUsdPerMillion: 1e6 },
  teachers: [],
};

describe('the estimate of an evaluation', () => {
  it('counts both orders of every pair of the instructions that there are', () => {
    assert.equal(estimateEvaluation(plan).verdicts, 40);
    assert.equal(estimateEvaluation({ ...plan, maxInstructions: 5 }).verdicts, 10);
    assert.equal(estimateEvaluation({ ...plan, candidates: 4 }).verdicts, 120);
    assert.equal(estimateEvaluation({ ...plan, candidates: 4, pairs: 'all' }).verdicts, 240);
  });

  it('prices a verdict by its tokens, and at the most by all that it may have', () => {
    assert.deepEqual(estimateEvaluation(plan).costUsd, { value: 480, low: 480, high: 2560 });
  });

  it('prices what is judged by the instructions, and two answers of half the length or all of it', () => {
    const judge = { inputUsdPerMillion: 1e6, outputUsdPerMillion: 0 };
    const short = estimateEvaluation({ ...plan, judge }).costUsd;
    const long = estimateEvaluation({ ...plan, judge, maxNewTokens: 296 }).costUsd;
    assert.equal(long.value - short.value, 40 * 200);
    assert.equal(long.high - short.high, 40 * 400);
    assert.ok(short.low < short.value && short.value < short.high);
  });

  it('adds the answers of teachers that are compared', () => {
    const output = { inputUsdPerMillion: 0, outputUsdPerMillion: 1e6 };
    const estimate = estimateEvaluation({ ...plan, candidates: 3, judge: FREE, teachers: [output, FREE] });
    assert.equal(estimate.answers, 40);
    assert.deepEqual(estimate.costUsd, { value: 20 * 48, low: 20 * 24, high: 20 * 96 });
  });

  it('is nothing where there is nothing to ask', () => {
    assert.deepEqual(estimateEvaluation({ ...plan, questions: [] }), {
      verdicts: 0,
      answers: 0,
      costUsd: { value: 0, low: 0, high: 0 },
    });
  });
});
