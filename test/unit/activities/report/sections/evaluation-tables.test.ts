import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { html } from '../../../../../activities/document/html.ts';
import { evaluationTables } from '../../../../../activities/report/sections/evaluation-tables.ts';
import type { EvaluateResult } from '../../../../../workflows/contracts/evaluate.ts';

const answers = { uri: `artifact://answers/${'a'.repeat(64)}/x`, sha256: 'a'.repeat(64), bytes: 1, rows: 1 };
const candidate = (name: string, loss: number | null): EvaluateResult['candidates'][number] => ({
  name,
  kind: 'model',
  answers,
  meanLength: 41.6,
  empty: 0,
  rougeL: { rows: 4, mean: 0.25 },
  exactMatch: null,
  heldOut: loss === null ? null : { loss, perplexity: Math.exp(loss) },
});
const comparison = (a: number, b: number): EvaluateResult['comparisons'][number] => ({
  a,
  b,
  judge: 'offline',
  instructions: 4,
  excluded: 0,
  wins: 3,
  losses: 1,
  ties: 0,
  winRate: 75,
  standardError: 25,
  interval: [26, 100],
  disagreements: 0,
  pValue: 0.6,
  unreadable: 0,
  unjudged: 0,
  meanLengthA: 40,
  meanLengthB: 50,
  categories: [
    {
      category: '<b>mail</b>',
      n: 4,
      wins: 3,
      losses: 1,
      ties: 0,
      winRate: 75,
      standardError: 25,
      interval: [26, 100],
    },
  ],
  annotations: answers,
});
const resultWith = (more: Pick<EvaluateResult, 'candidates' | 'comparisons'>): EvaluateResult => ({
  heldOut: null,
  exactMatch: null,
  pairwise: comparison(0, 1),
  costUsd: 0,
  answersA: answers,
  answersB: answers,
  annotations: answers,
  ...more,
});
const pageOf = (result: EvaluateResult) => html`${evaluationTables(result)}`.toString();

describe('evaluationTables', () => {
  it('shows candidates, pairs and categories, and text of the data as text', () => {
    const page = pageOf(
      resultWith({
        candidates: [candidate('trained', 2), candidate('base', 5), candidate('<i>x</i>', null)],
        comparisons: [comparison(0, 1), comparison(0, 2)],
      }),
    );
    assert.match(
      page,
      /<th scope="row">trained<\/th><td class="number">42<\/td><td class="number">0\.250<\/td><td class="number">-<\/td><td class="number">2\.000<\/td><td class="number">7\.4<\/td>/,
    );
    assert.match(page, /trained against base/);
    assert.match(page, /&lt;b&gt;mail&lt;\/b&gt;/);
    assert.doesNotMatch(page, /<i>x<\/i>/);
  });

  it('shows no table of pairs where there is one, and nothing where no candidates are told', () => {
    const one = pageOf(
      resultWith({ candidates: [candidate('a', 2), candidate('b', 2)], comparisons: [comparison(0, 1)] }),
    );
    assert.doesNotMatch(one, /Every pair/);
    assert.match(one, /by category/);
    assert.equal(pageOf(resultWith({ candidates: [], comparisons: [] })), '');
  });
});
