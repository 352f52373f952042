import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Budget, budgetPause, leftUsd, type Reservation } from '../../../../workflows/decisions/budget.ts';

describe('a budget', () => {
  it('reserves the worst case and settles with what was paid', () => {
    const budget = new Budget(() => 3);
    const first = budget.reserve(1);
    const second = budget.reserve(2);
    assert.deepEqual([budget.spentUsd, budget.reservedUsd], [0, 3]);
    assert.equal(budget.reserve(0.25), null);
    first?.settle(0.5);
    assert.deepEqual([budget.spentUsd, budget.reservedUsd, budget.affords(0.5)], [0.5, 2, true]);
    second?.settle(0);
    assert.deepEqual([budget.spentUsd, budget.reservedUsd], [0.5, 0]);
  });

  it('gives room back where a worst case turns out to be less, and never takes more', () => {
    const budget = new Budget(() => 3);
    const reservation = budget.reserve(3);
    reservation?.lower(1);
    assert.deepEqual([budget.reservedUsd, budget.affords(2)], [1, true]);
    reservation?.lower(2);
    assert.equal(budget.reservedUsd, 1);
  });

  it('goes by the cap as it stands', () => {
    let cap: number | null = 1;
    const budget = new Budget(() => cap, 0.5);
    assert.deepEqual([budget.affords(1), budget.timesAffordable(0.25)], [false, 2]);
    cap = 2;
    assert.deepEqual([budget.affords(1), budget.timesAffordable(0.25)], [true, 6]);
    cap = null;
    assert.deepEqual([budget.affords(1e9), budget.timesAffordable(1)], [true, Number.POSITIVE_INFINITY]);
  });

  it('can be reserved as often as it says, where the sums of dollars are rounded', () => {
    const budget = new Budget(() => 0.3);
    assert.deepEqual([budget.timesAffordable(0.1), 3 * 0.1 > 0.3], [2, true]);
    const other = new Budget(() => 1.7);
    assert.deepEqual([other.timesAffordable(0.1), 17 * 0.1 > 1.7, Math.floor(1.7 / 0.1)], [16, true, 17]);
  });

  it('is free of charge without end, and has nothing left below its cap', () => {
    assert.equal(new Budget(() => 3, 5).timesAffordable(1), 0);
    assert.equal(new Budget(() => 0).timesAffordable(0), Number.POSITIVE_INFINITY);
    assert.deepEqual([leftUsd(3, 1), leftUsd(3, 4), leftUsd(null, 4)], [2, 0, null]);
  });

  it('says in one sentence that it is reached', () => {
    assert.deepEqual(budgetPause(new Budget(() => 3, 2.5), 'one more request', 1), {
      kind: 'budget',
      reason:
        'the budget of 3.00 USD is reached: 2.50 USD is spent and one more request can cost 1.00 USD; everything is kept, setBudget goes on',
    });
  });

  it('reserves so many times more, in flight too, once an asking has cost more than its worst case', () => {
    const budget = new Budget(() => 10);
    const [first, second] = [budget.reserve(1), budget.reserve(2)];
    first?.settle(3);
    assert.deepEqual([budget.overrun, budget.spentUsd, budget.reservedUsd], [3, 3, 6]);
    assert.deepEqual(
      [budget.affords(1), budget.timesAffordable(0.25), budget.reserve(0.5)],
      [false, 1, null],
    );
    second?.settle(1);
    assert.deepEqual([budget.overrun, budget.timesAffordable(1)], [3, 2]);
    assert.equal(
      budgetPause(budget, 'one more request', 3).reason,
      'the budget of 10.00 USD is reached: 4.00 USD is spent and one more request can cost 9.00 USD (answers have cost up to 3.0 times their worst case); everything is kept, setBudget goes on',
    );
  });

  it('is never passed by what is spent and reserved, in whatever order it is reserved and settled', () => {
    const step = fc.record({
      worst: fc.double({ min: 0, max: 1, noNaN: true }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      settles: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.double({ min: 0, max: 5, noNaN: true }), fc.array(step), (cap, steps) => {
        const budget = new Budget(() => cap);
        const inFlight: { worst: number; reservation: Reservation }[] = [];
        for (const { worst, share, settles } of steps) {
          const oldest = settles ? inFlight.shift() : undefined;
          oldest?.reservation.settle(oldest.worst * share);
          const times = budget.timesAffordable(worst);
          assert.ok(times === 0 || worst === 0 || budget.affords(times * worst));
          const reservation = budget.reserve(worst);
          if (reservation !== null) inFlight.push({ worst, reservation });
          assert.ok(budget.spentUsd + budget.reservedUsd <= cap + 1e-12);
        }
      }),
    );
  });
});
