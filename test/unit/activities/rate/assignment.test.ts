import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assignedCount, assignedTo } from '../../../../activities/rate/assignment.ts';
import type { AssignmentPlan } from '../../../../workflows/contracts/rating.ts';
import fc from '../../../property.ts';

const plans: fc.Arbitrary<AssignmentPlan> = fc.record({
  seed: fc.integer({ min: 0, max: 0xffffffff }),
  items: fc.integer({ min: 1, max: 60 }),
  raters: fc.integer({ min: 1, max: 12 }),
  itemsPerRater: fc.option(fc.integer({ min: 1, max: 80 })),
  votesPerItem: fc.option(fc.integer({ min: 1, max: 15 })),
});

const everyone = (plan: AssignmentPlan) =>
  Array.from({ length: plan.raters }, (_, rater) => assignedTo(plan, rater));

const spread = (counts: readonly number[]) => Math.max(...counts) - Math.min(...counts);

describe('the assignment of items to raters', () => {
  it('balances: raters differ by at most one item, items by at most one rater', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const lists = everyone(plan);
        assert.ok(spread(lists.map(({ length }) => length)) <= 1);
        const votes = new Array<number>(plan.items).fill(0);
        for (const { item } of lists.flat()) votes[item] = (votes[item] ?? 0) + 1;
        assert.ok(spread(votes) <= 1);
      }),
    );
  });

  it('keeps the bounds, and gives nobody an item twice', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const lists = everyone(plan);
        for (const list of lists) {
          assert.ok(list.length <= Math.min(plan.itemsPerRater ?? plan.items, plan.items));
          assert.equal(new Set(list.map(({ item }) => item)).size, list.length);
        }
        const dealt = lists.flat().length;
        assert.ok(dealt <= (plan.votesPerItem ?? plan.raters) * plan.items);
        // Nothing is held back that both bounds allow.
        const most = Math.min(plan.itemsPerRater ?? plan.items, plan.items) * plan.raters;
        assert.equal(dealt, Math.min(most, (plan.votesPerItem ?? plan.raters) * plan.items));
      }),
    );
  });

  it('is a function of the plan and the rater’s number', () => {
    const plan = { seed: 1, items: 5, raters: 2, itemsPerRater: null, votesPerItem: null };
    assert.deepEqual(assignedTo(plan, 0), assignedTo({ ...plan }, 0));
    assert.notDeepEqual(assignedTo(plan, 0), assignedTo(plan, 1));
    assert.notDeepEqual(assignedTo(plan, 0), assignedTo({ ...plan, seed: 2 }, 0));
    assert.equal(assignedCount(plan, 1), 5);
  });

  it('shows B first about half of the time, each rater differently', () => {
    const plan = { seed: 3, items: 1000, raters: 2, itemsPerRater: null, votesPerItem: null };
    const swapped = (rater: number) => assignedTo(plan, rater).filter((line) => line.swapped).length;
    for (const rater of [0, 1]) assert.ok(Math.abs(swapped(rater) - 500) < 60, String(swapped(rater)));
    const first = new Map(assignedTo(plan, 0).map(({ item, swapped: is }) => [item, is]));
    const same = assignedTo(plan, 1).filter(({ item, swapped: is }) => first.get(item) === is).length;
    assert.ok(Math.abs(same - 500) < 60, String(same));
  });
});
