import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assignSplits, instructionKey } from '../../../../activities/release/splits.ts';
import { holdOut } from '../../../../activities/tokenize/split.ts';
import type { RecipeRow } from '../../../../workflows/contracts/data.ts';
import fc from '../../../property.ts';

const row = (instruction: string, output = 'x'): RecipeRow => ({ instruction, input: '', output });
const hundred = Array.from({ length: 100 }, (_, index) => row(`Task number ${index}`));
const count = (splits: readonly string[], name: string) => splits.filter((split) => split === name).length;

describe('the splits of a release', () => {
  it('have the shares that were asked for', () => {
    const splits = assignSplits(hundred, { validation: 0.2, test: 0.1 }, 42);
    assert.deepEqual(
      [count(splits, 'train'), count(splits, 'validation'), count(splits, 'test')],
      [70, 20, 10],
    );
  });

  it('are one where none is asked for', () => {
    assert.equal(count(assignSplits(hundred, { validation: 0, test: 0 }, 42), 'train'), 100);
  });

  it('follow from the seed, and not from the order of the rows', () => {
    const shares = { validation: 0.2, test: 0.1 };
    const splits = assignSplits(hundred, shares, 42);
    const backwards = assignSplits(hundred.toReversed(), shares, 42).toReversed();
    assert.deepEqual(backwards, splits);
    assert.notDeepEqual(assignSplits(hundred, shares, 43), splits);
  });

  it('take first what was held out of training', () => {
    const splits = assignSplits(hundred, { validation: 0.05, test: 0.05 }, 42);
    const heldOut = holdOut(hundred, 0.1, 42);
    assert.deepEqual(
      splits.map((split) => split !== 'train'),
      heldOut,
    );
  });

  it('keep rows together whose instructions differ in case and white space only', () => {
    const rows = [
      ...hundred,
      ...hundred.map(({ instruction }) => row(` ${instruction.toUpperCase()}  `, 'y')),
    ];
    const splits = assignSplits(rows, { validation: 0.3, test: 0.3 }, 42);
    assert.deepEqual(splits.slice(0, 100), splits.slice(100));
    assert.deepEqual([count(splits, 'test'), count(splits, 'validation')], [60, 60]);
  });

  it('never put an instruction into two, and leave a row to train on', () => {
    const rows = fc.array(
      fc.record({ instruction: fc.constantFrom('a', 'A', 'b', 'c d', 'C  d'), output: fc.string() }),
      { minLength: 1, maxLength: 30 },
    );
    const share = fc.double({ min: 0, max: 0.49, noNaN: true });
    fc.assert(
      fc.property(rows, share, share, fc.nat(), (made, validation, test, seed) => {
        const data = made.map(({ instruction, output }) => row(instruction, output));
        const splits = assignSplits(data, { validation, test }, seed);
        const seen = new Map<string, string>();
        for (const [index, { instruction }] of data.entries()) {
          const split = splits[index] ?? '';
          assert.equal(seen.get(instructionKey({ instruction })) ?? split, split);
          seen.set(instructionKey({ instruction }), split);
        }
        assert.ok(splits.includes('train'));
      }),
    );
  });
});
