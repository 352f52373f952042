import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { budgetReachedError, SharedBudget } from '../../../../../activities/teacher/profile/budget.ts';
import fc from '../../../../property.ts';

describe('a budget that askings at once share', () => {
  it('refuses what might pass the cap when nothing is in flight', async () => {
    const budget = new SharedBudget(1);
    const first = await budget.reserve(0.75);
    first?.settle(0.5);
    assert.equal(budget.spentUsd, 0.5);
    assert.equal(await budget.reserve(0.75), null);
    assert.notEqual(await budget.reserve(0.5), null);
  });

  it('waits for what is in flight, since it may cost less than reserved', async () => {
    const budget = new SharedBudget(1);
    const first = await budget.reserve(0.75);
    const second = budget.reserve(0.75);
    first?.settle(0.25);
    assert.notEqual(await second, null);
  });

  it('serves first whoever has the lowest place, in whatever order they came', async () => {
    const budget = new SharedBudget(1);
    const served = await Promise.all(
      [2, 0, 1].map(async (place) => [
        place,
        await budget.reserve(0.5, { place }).then((got) => {
          got?.settle(0.5);
          return got !== null;
        }),
      ]),
    );
    assert.deepEqual(served, [
      [2, false],
      [0, true],
      [1, true],
    ]);
  });

  it('holds back for one that has reserved before another may', async () => {
    let heldUsd = 0;
    const budget = new SharedBudget(3, 0, () => heldUsd);
    const first = budget.reserve(1, {
      had: () => {
        heldUsd = 1.5;
      },
    });
    const second = budget.reserve(1);
    (await first)?.settle(1);
    assert.equal(await second, null);
  });

  it('counts what was spent before', async () => {
    const budget = new SharedBudget(1, 0.75);
    assert.equal(await budget.reserve(0.5), null);
    assert.equal(budget.spentUsd, 0.75);
  });

  it('has no end without a cap', async () => {
    assert.notEqual(await new SharedBudget(null).reserve(1e9), null);
  });

  it('is never passed, whatever is asked at once and whatever it costs', async () => {
    const asking = fc.record({ worst: fc.nat(100), share: fc.double({ min: 0, max: 1, noNaN: true }) });
    await fc.assert(
      fc.asyncProperty(fc.nat(300), fc.array(asking), async (cap, askings) => {
        const budget = new SharedBudget(cap);
        await Promise.all(
          askings.map(async ({ worst, share }) => {
            const reservation = await budget.reserve(worst);
            await new Promise((resolve) => setImmediate(resolve));
            reservation?.settle(worst * share);
            assert.ok(budget.spentUsd <= cap + 1e-9);
          }),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('says what is spent and what would come next where it is reached', () => {
    const about = { who: 'Embedding', what: 'one more batch', worstCaseUsd: 0.5, kept: 'the embeddings' };
    const error = budgetReachedError(new SharedBudget(1, 0.75), about);
    assert.equal(error.code, 'BudgetReached');
    assert.equal(
      error.message,
      'Embedding cannot go on: the budget of 1.00 USD is reached: 0.75 USD is spent and one more batch can cost 0.50 USD. Raise the budget and go on: the embeddings so far are kept.',
    );
  });
});
