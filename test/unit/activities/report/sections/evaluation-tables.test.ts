import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { html } from '../../../../../activities/document/html.ts';
import { evaluationTables } from '../../../../../activities/report/sections/evaluation-tables.ts';
import type { EvaluateResult } from '../../../../../workflows/contracts/evaluate.ts';
import { candidate, comparison, resultWith } from './evaluation-result.ts';

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
      /<th scope="row">trained<\/th><td class="number">42<\/td><td class="number">0\.250<\/td><td class="number">-<\/td><td class="number">2\.000<\/td><td class="number">7\.389<\/td>/,
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
