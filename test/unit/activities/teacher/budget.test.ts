import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBudget } from '../../../../activities/teacher/budget.ts';
import fc from '../../../property.ts';

describe('a budget', () => {
  it('refuses what might pass the cap when nothing is in flight', async () => {
    const budget = createBudget(1);
    assert.equal(await budget.reserve(0.75), true);
    budget.settle(0.75, 0.5);
    assert.equal(budget.spentUsd, 0.5);
    assert.equal(await budget.reserve(0.75), false);
    assert.equal(await budget.reserve(0.5), true);
  });

  it('waits for what is in flight, since it may cost less than reserved', async () => {
    const budget = createBudget(1);
    await budget.reserve(0.75);
    const second = budget.reserve(0.75);
    budget.settle(0.75, 0.25);
    assert.equal(await second, true);
  });

  it('has no end without a cap', async () => {
    const budget = createBudget(null);
    assert.equal(await budget.reserve(1e9), true);
  });

  it('is never passed, whatever is asked at once and whatever it costs', async () => {
    const asking = fc.record({ worst: fc.nat(100), share: fc.double({ min: 0, max: 1, noNaN: true }) });
    await fc.assert(
      fc.asyncProperty(fc.nat(300), fc.array(asking), async (cap, askings) => {
        const budget = createBudget(cap);
        await Promise.all(
          askings.map(async ({ worst, share }) => {
            if (!(await budget.reserve(worst))) return;
            await new Promise((resolve) => setImmediate(resolve));
            budget.settle(worst, worst * share);
            assert.ok(budget.spentUsd <= cap + 1e-9);
          }),
        );
      }),
      { numRuns: 30 },
    );
  });
});
