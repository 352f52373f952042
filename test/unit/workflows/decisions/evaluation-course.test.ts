import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EvaluateActivities } from '../../../../workflows/contracts/evaluate.ts';
import { evaluateInput } from '../../../../workflows/contracts/evaluate.ts';
import { leftUsd } from '../../../../workflows/decisions/budget.ts';
import { partsOf, runEvaluation } from '../../../../workflows/decisions/evaluation-course.ts';

const reference = (name: string) => ({ uri: `artifact://x/${name}`, sha256: name, bytes: 1, rows: 1 });
const winRate = { wins: 1, losses: 0, ties: 0, winRate: 100, standardError: 0 };
const candidate = { meanLength: 1, empty: 0, rougeL: null, exactMatch: null };

/** Activities that write down what they are asked; a teacher costs a quarter dollar, a comparison a half. */
function scripted() {
  const calls: string[] = [];
  const activities: EvaluateActivities = {
    evaluateHeldOut: async ({ budgetUsd }) => {
      calls.push(`held out, of $${budgetUsd}`);
      return { heldOut: null, base: null, exactMatch: null, losses: [{ loss: 0, perplexity: 1 }] };
    },
    answerInstructions: async ({ model, evaluation }) => {
      calls.push(`${model} answers, of $${evaluation.budgetUsd}`);
      const kind = 'model' as const;
      return {
        answers: reference(`${model}`),
        excluded: 3,
        candidate: { name: `${model}`, kind, ...candidate },
      };
    },
    askTeacher: async ({ teacher, evaluation, candidate: place }) => {
      calls.push(`${teacher} answers as ${place}, within $${evaluation.budgetUsd}`);
      const kind = 'teacher' as const;
      return {
        ...{ answers: reference(teacher), excluded: 3, costUsd: 0.25 },
        candidate: { name: teacher, kind, ...candidate },
      };
    },
    judgePairs: async ({ evaluation, answersA, answersB, excluded, comparison }) => {
      calls.push(
        `${comparison}: ${answersA.sha256} or ${answersB.sha256}, ${excluded} left out, within $${evaluation.budgetUsd}`,
      );
      return {
        pairwise: {
          ...{
            judge: 'x',
            instructions: 1,
            excluded,
            disagreements: 0,
            pValue: 1,
            unreadable: 0,
            unjudged: 0,
          },
          ...winRate,
          interval: [20, 100],
        },
        annotations: reference(`${answersA.sha256}-${answersB.sha256}`),
        costUsd: 0.5,
        beside: { meanLengthA: 1, meanLengthB: 2, categories: [] },
      };
    },
  };
  return { calls, activities };
}

const evaluation = evaluateInput.parse({
  ...{ modelA: 'a', modelB: { teacher: 'b' }, others: ['c'] },
  ...{ pairs: 'all', budgetUsd: 1.5 },
});

describe('the course of an evaluation', () => {
  it('is what is held out, the answers in order, then the pairs, each told before and after', async () => {
    const { calls, activities } = scripted();
    const result = await runEvaluation(evaluation, {
      activities: (summary) => {
        calls.push(`activities to ${summary}`);
        return activities;
      },
      between: (part) => void calls.push(`> ${part}`),
      took: (spentUsd) => void calls.push(`< $${spentUsd}`),
      budgetLeft: (spentUsd) => leftUsd(1.5, spentUsd),
    });
    assert.deepEqual(calls, [
      ...[
        '> held-out loss and exact match',
        'activities to held-out loss and exact match',
        'held out, of $1.5',
        '< $0',
      ],
      ...['> answers of model A', 'activities to answers of model A', 'a answers, of $1.5', '< $0'],
      ...[
        '> answers of model B, from b',
        'activities to answers of model B, from b',
        'b answers as 1, within $1.5',
        '< $0.25',
      ],
      ...['> answers of model C', 'activities to answers of model C', 'c answers, of $1.5', '< $0.25'],
      ...[
        '> offline judges each pair in both orders',
        'activities to offline judges each pair in both orders',
        '0: a or b, 3 left out, within $1.25',
        '< $0.75',
      ],
      ...[
        '> offline judges A against C in both orders',
        'activities to offline judges A against C in both orders',
        '1: a or c, 3 left out, within $0.75',
        '< $1.25',
      ],
      ...[
        '> offline judges B against C in both orders',
        'activities to offline judges B against C in both orders',
        '2: b or c, 3 left out, within $0.25',
        '< $1.75',
      ],
    ]);
    assert.equal(partsOf(evaluation), 7);
    assert.equal(result.costUsd, 1.75);
    assert.deepEqual(
      result.candidates.map(({ name, kind, heldOut }) => [name, kind, heldOut?.perplexity ?? null]),
      [
        ['a', 'model', 1],
        ['b', 'teacher', null],
        ['c', 'model', null],
      ],
    );
    assert.deepEqual(
      result.comparisons.map(({ a, b, annotations }) => [a, b, annotations.sha256]),
      [
        [0, 1, 'a-b'],
        [0, 2, 'a-c'],
        [1, 2, 'b-c'],
      ],
    );
    assert.deepEqual(
      [result.answersA, result.answersB, result.annotations].map(({ sha256 }) => sha256),
      ['a', 'b', 'a-b'],
    );
  });

  it('is the same for a driver that is told nothing', async () => {
    const { calls, activities } = scripted();
    const { costUsd } = await runEvaluation(evaluation, {
      activities: () => activities,
      budgetLeft: () => null,
    });
    assert.deepEqual([calls.length, costUsd], [7, 1.75]);
  });

  it('starts no part before `between` returns, and none after one that failed', async () => {
    const { calls, activities } = scripted();
    const stopped = runEvaluation(evaluation, {
      activities: () => activities,
      between: async (part) => {
        if (part === 'answers of model B, from b') throw new Error('stop');
      },
      budgetLeft: () => null,
    });
    await assert.rejects(stopped, /stop/);
    assert.deepEqual(calls, ['held out, of $1.5', 'a answers, of $1.5']);
  });
});
