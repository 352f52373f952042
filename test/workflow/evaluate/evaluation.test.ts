import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/activity';
import type { EvaluateResult } from '../../../workflows/contracts/evaluate.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import type { Harness } from '../harness.ts';
import { scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

describe('the evaluate workflow with more than two candidates', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('asks teachers for theirs, and compares each with the first', async () => {
    const asked: string[] = [];
    const askTeacher: typeof scripted.askTeacher = async (input) => {
      asked.push(`${input.teacher} ${input.candidate} ${input.evaluation.budgetUsd}`);
      return scripted.askTeacher(input);
    };
    const budgets: (number | null)[] = [];
    const judgePairs: typeof scripted.judgePairs = async (input) => {
      budgets.push(input.evaluation.budgetUsd);
      return { ...(await scripted.judgePairs(input)), costUsd: 0.5 };
    };
    await harness.withWorker({ askTeacher, judgePairs }, async (start) => {
      const input = { modelB: { teacher: 'one' }, others: ['builtin', { teacher: 'two' }], budgetUsd: 10 };
      const result = (await (await start('evaluate', input)).result()) as EvaluateResult;
      // each teacher costs 0.25, each comparison 0.5, and what is left is what the next may spend
      assert.deepEqual(asked, ['one 1 10', 'two 3 9.75']);
      assert.deepEqual(budgets, [9.5, 9, 8.5]);
      assert.equal(result.costUsd, 2);
      assert.deepEqual(
        result.candidates.map(({ name, kind }) => `${name} ${kind}`),
        ['trained model', 'one teacher', 'trained model', 'two teacher'],
      );
      assert.deepEqual(
        result.comparisons.map(({ a, b }) => [a, b]),
        [
          [0, 1],
          [0, 2],
          [0, 3],
        ],
      );
      assert.equal(result.pairwise.winRate, result.comparisons[0]?.winRate);
    });
  });

  it('compares each with each on request', async () => {
    await harness.withWorker({}, async (start) => {
      const handle = await start('evaluate', { others: ['builtin'], pairs: 'all' });
      const { comparisons } = (await handle.result()) as EvaluateResult;
      assert.deepEqual(
        comparisons.map(({ a, b }) => [a, b]),
        [
          [0, 1],
          [0, 2],
          [1, 2],
        ],
      );
      assert.equal((await handle.query(progressQuery)).stages[0]?.total, 7);
    });
  });

  it('waits where a teacher’s answers reach the budget, and goes on after setBudget', async () => {
    const budgets: (number | null)[] = [];
    const askTeacher: typeof scripted.askTeacher = async (input) => {
      budgets.push(input.evaluation.budgetUsd);
      if (budgets.length > 1) return scripted.askTeacher(input);
      throw ApplicationFailure.nonRetryable('The budget is reached.', 'BudgetReached');
    };
    await harness.withWorker({ askTeacher }, async (start) => {
      const handle = await start('evaluate', { modelB: { teacher: 'one' }, budgetUsd: 1 });
      for (let tries = 0; (await handle.query(progressQuery)).state !== 'paused'; tries += 1) {
        assert.ok(tries < 200, 'it never waited');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await handle.executeUpdate('setBudget', { args: [3] });
      assert.equal(((await handle.result()) as EvaluateResult).costUsd, 0.25);
      assert.deepEqual(budgets, [1, 3]);
    });
  });

  it('refuses what is no candidate, and too many', async () => {
    await harness.withWorker({}, async (start) => {
      for (const others of [[{ teacher: 'not a name' }], [{ model: 'x' }], new Array(7).fill('builtin')])
        await assert.rejects((await start('evaluate', { others })).result());
    });
  });
});
