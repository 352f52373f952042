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

  it('folds categories that are too small to tell anything, and counts those that are left out', () => {
    const [category] = comparison(0, 1).categories;
    assert.ok(category);
    const of = (n: number) => ({ ...category, category: `of ${n}`, n });
    const page = pageOf(
      resultWith({
        candidates: [],
        comparisons: [{ ...comparison(0, 1), instructions: 14, categories: [of(5), of(4), of(2)] }],
      }),
    );
    const [open, folded = ''] = page.split('<details>');
    assert.match(open ?? '', /of 5/);
    assert.match(
      folded,
      /<summary>2 categories with fewer than 5 instructions each, .*of 4.*of 2.*<\/details>.*3 instructions are of categories beyond the 3 largest/,
    );
  });

  it('shows held-out rows with what is wanted and what the model answers', () => {
    const answers = [{ instruction: 'Add.', input: '14 and 29', wanted: '43', got: '<b>' }];
    const page = pageOf({ ...resultWith({ candidates: [], comparisons: [] }), heldOutAnswers: answers });
    assert.match(page, /Add\.\n14 and 29.*<bdi>43<\/bdi>.*<bdi>&lt;b&gt;<\/bdi>/s);
  });
});
