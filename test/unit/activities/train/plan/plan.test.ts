import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type PlanOptions,
  parsePlan,
  planBatches,
  rowsOf,
  serializePlan,
} from '../../../../../activities/train/plan/plan.ts';
import fc from '../../../../property.ts';

const SMALL: PlanOptions = {
  seed: 42,
  lengths: [5, 9, 7, 7, 3],
  epochs: 2,
  globalBatch: 4,
  microBatch: 2,
  shardsPerEpoch: 2,
};

const options = fc.record({
  seed: fc.integer({ min: 0, max: 0xffffffff }),
  lengths: fc.array(fc.integer({ min: 1, max: 512 }), { minLength: 1, maxLength: 60 }),
  epochs: fc.integer({ min: 1, max: 4 }),
  globalBatch: fc.integer({ min: 1, max: 20 }),
  microBatch: fc.integer({ min: 1, max: 20 }),
  shardsPerEpoch: fc.integer({ min: 1, max: 9 }),
});

describe('the batch plan', () => {
  it('is this one for these options', () => {
    const plan = planBatches(SMALL);
    assert.deepEqual(plan.steps, [
      [
        [1, 2],
        [0, 4],
      ],
      [[3]],
      [
        [1, 2],
        [3, 4],
      ],
      [[0]],
    ]);
    assert.deepEqual(plan.boundaries, [0, 1, 2, 3, 4]);
    assert.equal(plan.totalSteps, 4);
    assert.equal(plan.stepsPerEpoch, 2);
  });

  it('takes the rows of an epoch in the order of its shuffle', () => {
    const { steps } = planBatches({ ...SMALL, globalBatch: 1 });
    assert.deepEqual(steps.flat(2), [0, 1, 4, 2, 3, 1, 4, 2, 3, 0]);
  });

  it('shows every row once an epoch', () => {
    fc.assert(
      fc.property(options, (given) => {
        const { steps, stepsPerEpoch } = planBatches(given);
        for (let epoch = 0; epoch < given.epochs; epoch += 1) {
          const seen = steps
            .slice(epoch * stepsPerEpoch, (epoch + 1) * stepsPerEpoch)
            .flat(2)
            .flatMap(rowsOf);
          assert.deepEqual(
            seen.toSorted((a, b) => a - b),
            [...given.lengths.keys()],
          );
        }
      }),
    );
  });

  it('fills every batch but the last of an epoch, and every micro-batch but the last of a batch', () => {
    fc.assert(
      fc.property(options, (given) => {
        const { steps, stepsPerEpoch } = planBatches(given);
        for (const [step, batch] of steps.entries()) {
          const isLast = (step + 1) % stepsPerEpoch === 0;
          const rest = given.lengths.length % given.globalBatch || given.globalBatch;
          assert.equal(batch.flat().length, isLast ? rest : given.globalBatch);
          for (const microBatch of batch.slice(0, -1)) assert.equal(microBatch.length, given.microBatch);
        }
      }),
    );
  });

  it('is the same however many shards cut it', () => {
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 9 }), (given, shardsPerEpoch) => {
        const [one, other] = [planBatches(given), planBatches({ ...given, shardsPerEpoch })];
        assert.deepEqual(one.steps, other.steps);
        assert.equal(one.digest, other.digest);
      }),
    );
  });

  it('is cut into shards of at least one step that make up the whole, with one edge at each epoch', () => {
    fc.assert(
      fc.property(options, (given) => {
        const { boundaries, totalSteps, stepsPerEpoch } = planBatches(given);
        assert.equal(boundaries[0], 0);
        assert.equal(boundaries.at(-1), totalSteps);
        for (const [i, edge] of boundaries.slice(1).entries()) assert.ok(edge > (boundaries[i] ?? 0));
        for (let epoch = 1; epoch <= given.epochs; epoch += 1)
          assert.ok(boundaries.includes(epoch * stepsPerEpoch));
      }),
    );
  });

  it('sorts by length within a batch only, longest first', () => {
    fc.assert(
      fc.property(options, (given) => {
        for (const batch of planBatches(given).steps) {
          const lengths = batch
            .flat()
            .flatMap(rowsOf)
            .map((row) => given.lengths[row] ?? 0);
          assert.deepEqual(
            lengths,
            lengths.toSorted((a, b) => b - a),
          );
        }
      }),
    );
  });

  it('puts rows of one length in the order of their numbers', () => {
    const { steps } = planBatches({ ...SMALL, lengths: [8, 8, 8, 9, 8], epochs: 1, globalBatch: 5 });
    assert.deepEqual(steps, [[[3, 0], [1, 2], [4]]]);
  });

  it('takes another order in each epoch and for each seed', () => {
    const lengths = Array(50).fill(8);
    const order = (seed: number, epoch: number) =>
      planBatches({ ...SMALL, seed, lengths, globalBatch: 10 }).steps.slice(epoch * 5, epoch * 5 + 5);
    assert.notDeepEqual(order(1, 0), order(1, 1));
    assert.notDeepEqual(order(1, 0), order(2, 0));
  });

  it('survives being written and read, and notices a change', () => {
    const plan = planBatches(SMALL);
    const text = serializePlan(plan);
    assert.deepEqual(parsePlan(text, 'plan.json'), plan);
    const changed = text.replace('[[[', '[[[7,');
    assert.throws(() => parsePlan(changed, 'plan.json'), { code: 'CorruptArtifact', message: /^plan\.json/ });
    assert.throws(() => parsePlan('{', 'plan.json'), { code: 'CorruptArtifact' });
  });

  it('is a list of rows, whether they are packed or not', () => {
    assert.deepEqual(rowsOf(3), [3]);
    assert.deepEqual(rowsOf([3, 1]), [3, 1]);
  });

  it('is refused without rows', () => {
    assert.throws(() => planBatches({ ...SMALL, lengths: [] }), { code: 'InvalidInput' });
  });
});
