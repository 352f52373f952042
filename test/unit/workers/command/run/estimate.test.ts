import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { budgetWarning, teachersOf } from '../../../../../workers/command/run/estimate.ts';
import { evaluationText } from '../../../../../workers/runs/estimate.ts';
import { alpacaInput } from '../../../../../workflows/contracts/pipeline.ts';
import { paidEstimate } from '../../../../workflow/scripted-activities.ts';
import { inStage } from '../../../workflows/decisions/forecast/in-stage.ts';

const ESTIMATE = { ...paidEstimate, costUsd: 4, worstCaseRequestUsd: 0.0512 };

describe('the estimate, held against the budget', () => {
  it('needs no word where the budget is enough', () => {
    assert.equal(budgetWarning(ESTIMATE, 4, 'the run waits'), null);
  });

  it('is warned of where the budget will be reached', () => {
    assert.equal(
      budgetWarning(ESTIMATE, 2.5, 'the run waits'),
      'the estimate of 4.00 USD is above the budget of 2.50 USD: the run waits',
    );
  });

  it('is refused where the budget does not cover one request, with what would do', () => {
    assert.throws(() => budgetWarning(ESTIMATE, 0.05, 'the run waits'), {
      name: 'UsageError',
      message:
        'One request can cost 0.0512 USD at its worst, and the budget is 0.05 USD: none would be asked. ' +
        'Give --budget 0.06 or more, or lower maxTokens or promptsPerRequest.',
    });
    // A run in stages needs what the later ones take of the first request too: 2 x (0.05 + 0.25), and 1 at the most.
    const { estimate } = inStage('instructions');
    assert.throws(() => budgetWarning(estimate, 2.55, 'the run waits'), {
      message:
        'One request can cost 1.00 USD at its worst, what it brings 1.60 USD more in the stages to come, and the budget is 2.55 USD: none would be asked. ' +
        'Give --budget 2.60 or more, or lower maxTokens or promptsPerRequest.',
    });
  });
});

describe('what an evaluation would cost', () => {
  const costUsd = { value: 0.5, low: 0.25, high: 1.5 };

  it('is one line, with the answers where teachers are compared', () => {
    assert.equal(
      evaluationText('gpt', { verdicts: 96, answers: 0, costUsd }),
      'the evaluation, with gpt as the judge: at most 96 verdicts, 0.50 USD (0.25 USD to 1.50 USD)',
    );
    assert.equal(
      evaluationText('gpt', { verdicts: 192, answers: 48, costUsd }),
      'the evaluation, with gpt as the judge: at most 192 verdicts and 48 answers to compare, 0.50 USD (0.25 USD to 1.50 USD)',
    );
  });
});

describe('the teachers of a run', () => {
  it('are the one that generates and the judge, each once', () => {
    assert.deepEqual(teachersOf(alpacaInput.parse({})), ['offline']);
    assert.deepEqual(teachersOf(alpacaInput.parse({ generate: { teacher: 'a' } })), ['a', 'offline']);
    assert.deepEqual(
      teachersOf(alpacaInput.parse({ generate: { from: 'x.json' }, evaluate: { judge: 'b' } })),
      ['b'],
    );
  });

  it('are those too whose answers are compared', () => {
    const others = [{ teacher: 'c' }, 'builtin', { teacher: 'offline' }];
    assert.deepEqual(teachersOf(alpacaInput.parse({ evaluate: { others } })), ['offline', 'c']);
  });
});
