import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holdOut } from '../../../../activities/tokenize/split.ts';

const rows = Array.from({ length: 200 }, (_, i) => ({ instruction: `Task ${i}`, input: '', output: `${i}` }));
const heldOut = (of: typeof rows, seed: number, share = 0.1) =>
  of.filter((_, i) => holdOut(of, share, seed)[i]).map(({ instruction }) => instruction);

describe('holding rows out', () => {
  it('takes the share asked for, the same rows for the same seed', () => {
    assert.equal(heldOut(rows, 42).length, 20);
    assert.deepEqual(heldOut(rows, 42), heldOut(rows, 42));
    assert.deepEqual(heldOut(rows, 42).slice(0, 3), ['Task 1', 'Task 18', 'Task 26']);
    assert.notDeepEqual(heldOut(rows, 42), heldOut(rows, 43));
  });

  it('does not depend on the order of the rows', () => {
    assert.deepEqual(heldOut(rows.toReversed(), 42).toSorted(), heldOut(rows, 42).toSorted());
  });

  it('keeps equal rows on one side', () => {
    const doubled = rows.flatMap((row) => [row, row]);
    const flags = holdOut(doubled, 0.1, 42);
    for (let i = 0; i < doubled.length; i += 2) assert.equal(flags[i], flags[i + 1]);
    assert.equal(flags.filter(Boolean).length, 40);
  });

  it('keeps the instances of one task on one side, and its rank is that of its instruction', () => {
    const place = { request: 0, prompt: 0, segment: 0, ledgerKey: 'a' };
    const task = { ...place, classificationKey: 'b' };
    const instances = Array.from({ length: 40 }, (_, index) => ({
      instruction: `Task ${Math.floor(index / 4)}.`,
      ...{ input: `${index}`, output: `${index}` },
      provenance: { ...place, task },
    }));
    const held = holdOut(instances, 0.2, 42);
    assert.equal(held.filter((isHeld) => isHeld).length, 8);
    for (let first = 0; first < 40; first += 4) assert.equal(new Set(held.slice(first, first + 4)).size, 1);
  });

  it('takes none for a share of 0, at least one of two rows, and not the only row', () => {
    assert.equal(heldOut(rows, 42, 0).length, 0);
    assert.equal(heldOut(rows.slice(0, 2), 42, 0.01).length, 1);
    assert.equal(heldOut(rows.slice(0, 1), 42, 0.5).length, 0);
  });
});
