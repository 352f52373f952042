import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { estimateGrades } from '../../../../../activities/filter/grade/estimate-grades.ts';

const FREE = { inputUsdPerMillion: 0, outputUsdPerMillion: 0 };
const A_DOLLAR_A_TOKEN = { inputUsdPerMillion: 0, outputUsdPerMillion: 1e6 };

const plan = {
  ...{ rows: 20, tokensPerRow: 90, question: { rubric: 'By taste.', kinds: null }, verdictTokens: 256 },
  ...{ judge: A_DOLLAR_A_TOKEN, second: null, sample: 10 },
};

describe('what grades are estimated to cost', () => {
  it('is a sentence a row, and at the most all the tokens of a grade', () => {
    assert.deepEqual(estimateGrades(plan), { grades: 20, costUsd: { value: 1000, low: 1000, high: 5120 } });
  });

  it('grows with the sample of a second judge, which is no larger than the rows', () => {
    const both = estimateGrades({ ...plan, judge: FREE, second: A_DOLLAR_A_TOKEN });
    assert.deepEqual([both.grades, both.costUsd.value], [30, 500]);
    const few = estimateGrades({ ...plan, rows: 4, judge: FREE, second: A_DOLLAR_A_TOKEN });
    assert.deepEqual([few.grades, few.costUsd.value], [8, 200]);
  });

  it('counts what is read: the rubric, the form and the row', () => {
    const judge = { inputUsdPerMillion: 1e6, outputUsdPerMillion: 0 };
    const { value } = estimateGrades({ ...plan, rows: 1, judge }).costUsd;
    assert.equal(estimateGrades({ ...plan, rows: 1, judge, tokensPerRow: 190 }).costUsd.value, value + 100);
    const longer = estimateGrades({
      ...plan,
      rows: 1,
      judge,
      question: { rubric: 'x'.repeat(409), kinds: null },
    }).costUsd.value;
    assert.equal(longer, value + 100);
  });
});
