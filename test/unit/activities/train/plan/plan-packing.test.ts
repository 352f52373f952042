import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePlan, planBatches, rowsOf, serializePlan } from '../../../../../activities/train/plan/plan.ts';
import { packBestFit } from '../../../../../activities/train/plan/plan-packing.ts';
import fc from '../../../../property.ts';

const given = fc.record({
  seed: fc.integer({ min: 0, max: 0xffffffff }),
  lengths: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 60 }),
  epochs: fc.integer({ min: 1, max: 3 }),
  globalBatch: fc.integer({ min: 1, max: 20 }),
  microBatch: fc.integer({ min: 1, max: 5 }),
  shardsPerEpoch: fc.integer({ min: 1, max: 3 }),
});

describe('packing', () => {
  it('puts a row where it leaves the least room, longest first', () => {
    //                                    0  1  2  3  4  5
    assert.deepEqual(packBestFit([0, 1, 2, 3, 4, 5], [4, 7, 6, 3, 2, 1], 10), [
      [1, 3],
      [2, 0],
      [4, 5],
    ]);
  });

  it('takes rows of one length in the order of their numbers', () => {
    assert.deepEqual(packBestFit([3, 1, 2, 0], [6, 6, 6, 6], 12), [
      [0, 1],
      [2, 3],
    ]);
  });

  it('lists the fullest bin first, whichever was begun first', () => {
    assert.deepEqual(packBestFit([0, 1, 2], [7, 6, 4], 10), [[1, 2], [0]]);
  });

  it('gives a row that is longer than the rest have room for a bin of its own', () => {
    assert.deepEqual(packBestFit([3, 5], [0, 0, 0, 12, 0, 4], 10), [[3], [5]]);
  });

  it('splits no row, leaves none out, and fills no bin beyond its capacity', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 64 }), { maxLength: 200 }), (lengths) => {
        const bins = packBestFit([...lengths.keys()], lengths, 64);
        assert.deepEqual(
          bins.flat().toSorted((a, b) => a - b),
          [...lengths.keys()],
        );
        const filled = bins.map((rows) => rows.reduce((sum, row) => sum + (lengths[row] ?? 0), 0));
        for (const tokens of filled) assert.ok(tokens <= 64);
        // A best fit opens a bin only for a row that fits in no other: two bins hold more than one could.
        for (const [i, tokens] of filled.entries())
          for (const other of filled.slice(i + 1)) assert.ok(tokens + other > 64);
      }),
    );
  });
});

describe('a packed batch plan', () => {
  it('learns in each step from the same rows as the plan that does not pack', () => {
    fc.assert(
      fc.property(given, (options) => {
        const packed = planBatches({ ...options, packedLength: 64 });
        const plain = planBatches(options);
        assert.equal(packed.totalSteps, plain.totalSteps);
        assert.deepEqual(packed.boundaries, plain.boundaries);
        for (const [step, batch] of packed.steps.entries()) {
          const rows = (planned: typeof batch) =>
            planned
              .flat()
              .flatMap(rowsOf)
              .sort((a, b) => a - b);
          assert.deepEqual(rows(batch), rows(plain.steps[step] ?? []));
          for (const microBatch of batch.slice(0, -1)) assert.equal(microBatch.length, options.microBatch);
        }
      }),
    );
  });

  it('has room in every packed row for the longest row there is', () => {
    const options = { seed: 1, lengths: [5, 40, 30, 5], epochs: 1, globalBatch: 4, microBatch: 4 };
    const { steps } = planBatches({ ...options, shardsPerEpoch: 1, packedLength: 32 });
    assert.deepEqual(steps, [[[[1], [2, 0, 3]]]]);
  });

  it('has another digest, and survives being written and read', () => {
    const options = { seed: 1, lengths: [9, 5, 30, 8], epochs: 1, globalBatch: 4, microBatch: 2 };
    const packed = planBatches({ ...options, shardsPerEpoch: 1, packedLength: 32 });
    assert.deepEqual(packed.steps, [[[[2], [0, 3, 1]]]]);
    assert.notEqual(packed.digest, planBatches({ ...options, shardsPerEpoch: 1 }).digest);
    assert.deepEqual(parsePlan(serializePlan(packed), 'plan.json'), packed);
  });
});
