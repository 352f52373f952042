import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseInput } from '../../../../../workers/command/schema-options.ts';
import { alpacaInput } from '../../../../../workflows/contracts/pipeline.ts';
import { trainInput } from '../../../../../workflows/contracts/train.ts';
import { resolveStart } from '../../../../../workflows/decisions/start/resolve-start.ts';
import { saidInVain } from '../../../../../workflows/decisions/start/said-in-vain.ts';

const RANK = 'loraRank does nothing by itself: expected method beside it, which would be lora';

describe('a setting that would do nothing', () => {
  it('is told with the one that it goes with', () => {
    assert.deepEqual(saidInVain({ loraRank: 4 }), [RANK]);
    assert.deepEqual(saidInVain({ retrain: {}, generate: { target: 5 } }), [
      'retrain does nothing by itself: expected generate.from beside it, which would be rows that grow',
    ]);
    assert.deepEqual(saidInVain({ train: { packedLength: 64, graceSeconds: 3 } }), [
      'train.packedLength does nothing by itself: expected packing beside it, which would be true',
      'train.graceSeconds does nothing by itself: expected quorum beside it, which would be a number',
    ]);
  });

  it('is fine where that one is said, whatever it is, and where there is nothing to do', () => {
    assert.deepEqual(saidInVain({ method: 'full', loraRank: 4 }), []);
    assert.deepEqual(
      saidInVain({ train: { workers: 2, roundSteps: 10, outer: 'nesterov', outerMomentum: 0.5 } }),
      [],
    );
    assert.deepEqual(saidInVain({ quorum: null, outerMomentum: null }), []);
    assert.deepEqual(saidInVain({ retrain: {}, generate: { from: 'rows.jsonl' } }), []);
    assert.deepEqual(saidInVain(alpacaInput.parse({})), []);
    assert.deepEqual(saidInVain('x'), []);
  });

  it('is told too where one person said both at once, and the one that it goes with does not fit', () => {
    assert.deepEqual(saidInVain({ method: 'full', loraRank: 4 }, { isTyped: true }), [
      'loraRank does nothing where method is full: expected method to be lora',
    ]);
    assert.deepEqual(saidInVain({ workers: 1, roundSteps: 5, outer: 'nesterov' }, { isTyped: true }), [
      'roundSteps does nothing where workers is 1: expected workers to be 2 or more',
      'outer does nothing where workers is 1: expected workers to be 2 or more',
    ]);
    assert.deepEqual(
      saidInVain({ method: 'lora', loraRank: 4, workers: 2, roundSteps: 5 }, { isTyped: true }),
      [],
    );
  });

  it('is refused on the command line, and where a workflow is started with it', () => {
    assert.throws(() => parseInput(alpacaInput, { train: { loraRank: 4 } }, 'input'), {
      name: 'UsageError',
      message: `Wrong input: train.${RANK}.`,
    });
    const typed = { method: 'full', loraRank: 4 };
    assert.throws(
      () => parseInput(trainInput, typed, 'options'),
      /loraRank does nothing where method is full/,
    );
    // A recipe's rank, which the method takes back.
    assert.equal(parseInput(trainInput, typed, 'input', () => null).method, 'full');
    const start = { workflow: 'train', input: { loraRank: 4 }, second: null, mayBeHandedOver: false };
    assert.deepEqual(resolveStart(start), { problems: [RANK] });
  });
});
