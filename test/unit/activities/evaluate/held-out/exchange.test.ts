import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exchangePrompts, promptDonors } from '../../../../../activities/evaluate/held-out/exchange.ts';
import fc from '../../../../property.ts';

const row = (prompt: number[], targets: number[]) => ({
  inputIds: Int32Array.from([...prompt, ...targets]),
  labels: Int32Array.from([...prompt.map(() => -100), ...targets]),
});

describe('promptDonors', () => {
  it('never pairs a row with itself, and takes every prompt once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.nat(0xffffffff), (count, seed) => {
        const donors = promptDonors(count, seed);
        assert.ok(donors.every(([to, from]) => to !== from));
        assert.equal(new Set(donors.map(([to]) => to)).size, count);
        assert.equal(new Set(donors.map(([, from]) => from)).size, count);
      }),
    );
  });

  it('has nothing to exchange for one row', () => {
    assert.deepEqual(promptDonors(1, 42), []);
  });
});

describe('exchangePrompts', () => {
  it('swaps the prompts of two rows and keeps their targets', () => {
    const rows = exchangePrompts([row([1, 2], [7, 8]), row([3], [9])], 42);
    assert.deepEqual([...(rows[0]?.inputIds ?? [])], [3, 7, 8]);
    assert.deepEqual([...(rows[0]?.labels ?? [])], [-100, 7, 8]);
    assert.deepEqual([...(rows[1]?.inputIds ?? [])], [1, 2, 9]);
    assert.deepEqual([...(rows[1]?.labels ?? [])], [-100, -100, 9]);
  });

  it('drops the front of a prompt that would make a row longer than the longest', () => {
    const rows = exchangePrompts([row([1, 2, 3, 4], [7]), row([5], [6, 8, 9])], 42);
    assert.deepEqual([...(rows[1]?.inputIds ?? [])], [3, 4, 6, 8, 9]);
  });

  it('depends on the seed alone', () => {
    const rows = Array.from({ length: 10 }, (_, i) => row([i], [100 + i]));
    assert.deepEqual(exchangePrompts(rows, 7), exchangePrompts(rows, 7));
    assert.notDeepEqual(exchangePrompts(rows, 7), exchangePrompts(rows, 8));
  });
});
