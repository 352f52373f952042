import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shareIn } from '../../../../activities/evaluate/answers/model-outputs.ts';
import { winRateOf } from '../../../../activities/evaluate/winrate/winrate.ts';
import { annotationsOf } from '../../../../activities/rate/annotations.ts';
import { assignedTo } from '../../../../activities/rate/assignment.ts';
import { judgementsOf, tallyOf } from '../../../../activities/rate/tally.ts';
import type { AssignmentPlan } from '../../../../workflows/contracts/rate.ts';

const plan: AssignmentPlan = { seed: 9, items: 4, raters: 2, itemsPerRater: null, votesPerItem: null };

/** The ballot of a rater who means this of items 0 to 3. */
function ballot(of: AssignmentPlan, rater: number, meant: string[]): string {
  return assignedTo(of, rater)
    .map(({ item, swapped }) => {
      const verdict = meant[item];
      if (verdict === 'tie') return '=';
      if (verdict === 'A') return swapped ? '2' : '1';
      if (verdict === 'B') return swapped ? '1' : '2';
      return verdict === 'skip' ? '-' : '.';
    })
    .join('');
}

describe('the tally of a pairwise comparison', () => {
  const ballots = [ballot(plan, 0, ['A', 'A', 'tie', 'skip']), ballot(plan, 1, ['A', 'B', 'tie', 'B'])];

  it('undoes each rater’s order of answers', () => {
    const verdicts = judgementsOf(plan, ballots)
      .sort((left, right) => left.rater - right.rater || left.item - right.item)
      .map(({ rater, item, verdict }) => `${rater}:${item}:${verdict}`);
    assert.deepEqual(verdicts, ['0:0:A', '0:1:A', '0:2:tie', '1:0:A', '1:1:B', '1:2:tie', '1:3:B']);
  });

  it('counts votes in the original’s form, and the win rate by item', () => {
    const { summary, pairwise, votes, skips, agreement } = tallyOf(
      { mode: 'pairwise', plan, sets: 2 },
      ballots,
    );
    assert.equal(summary, 'A wins 3, B wins 2, 2 ties');
    assert.deepEqual([votes, skips], [7, 1]);
    assert.deepEqual(pairwise?.majorities, { wins: 1, losses: 1, ties: 2 });
    // Items: 1, 0.5, 0.5 and 0.
    assert.equal(pairwise?.winRate, 50);
    assert.equal(pairwise?.standardError?.toFixed(6), '20.412415');
    // Observed 2 of 3, expected (2 x 1 + 0 + 1 x 1) / 9.
    assert.deepEqual(
      [agreement?.method, agreement?.kappa?.toFixed(12), agreement?.items],
      ['cohen', '0.500000000000', 3],
    );
  });

  it('writes annotations from which the same win rate is read', () => {
    const pairs = Array.from({ length: 4 }, (_, index) => ({
      ...{ dataset: '', instruction: `${index}`, input: '', answerA: 'a', generatorA: 'x' },
      ...{ answerB: 'b', generatorB: 'y' },
    }));
    const rows = annotationsOf(pairs, judgementsOf(plan, ballots), 'pairwise') as { preference: number }[];
    assert.deepEqual(
      rows.map(({ preference }) => preference),
      [2, 1.5, 1.5, 1],
    );
    const { pairwise } = tallyOf({ mode: 'pairwise', plan, sets: 2 }, ballots);
    assert.equal(winRateOf(rows.map(({ preference }) => shareIn(preference))).winRate, pairwise?.winRate);
    assert.deepEqual(Object.keys(rows[0] ?? {}).slice(3, 7), [
      'output_1',
      'generator_1',
      'output_2',
      'generator_2',
    ]);
  });

  it('of nothing is nothing', () => {
    const { summary, pairwise, agreement } = tallyOf({ mode: 'pairwise', plan, sets: 2 }, ['', '....']);
    assert.equal(summary, 'A wins 0, B wins 0, 0 ties');
    assert.deepEqual([pairwise?.winRate, pairwise?.interval, agreement], [null, null, null]);
  });

  it('uses Fleiss’ kappa for three raters', () => {
    const three = { ...plan, raters: 3 };
    const all = ['A', 'B', 'A', 'tie'];
    const same = [0, 1, 2].map((rater) => ballot(three, rater, all));
    const { agreement } = tallyOf({ mode: 'pairwise', plan: three, sets: 2 }, same);
    assert.deepEqual(agreement, { method: 'fleiss', kappa: 1, items: 4 });
  });
});

describe('the tally of grades', () => {
  const graded = { ...plan, raters: 1 };

  it('is by set: even items are A’s answers, odd ones B’s', () => {
    const letters = assignedTo(graded, 0)
      .map(({ item }) => 'ABDD'[item])
      .join('');
    const { summary, grades, votes, agreement } = tallyOf({ mode: 'abcd', plan: graded, sets: 2 }, [letters]);
    assert.equal(summary, 'grades of A: A 1, B 0, C 0, D 1; of B: A 0, B 1, C 0, D 1');
    assert.deepEqual(grades, { a: { A: 1, B: 0, C: 0, D: 1 }, b: { A: 0, B: 1, C: 0, D: 1 } });
    assert.deepEqual([votes, agreement], [4, null]);
  });

  it('is one line where there is one set', () => {
    const { summary, grades } = tallyOf({ mode: 'abcd', plan: graded, sets: 1 }, ['AA-C']);
    assert.equal(summary, 'grades: A 2, B 0, C 1, D 0');
    assert.equal(grades?.b, null);
  });
});
