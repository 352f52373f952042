import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assembleBatch, assemblePacked, type Batch } from '../../../../activities/model/batch.ts';
import type { Example } from '../../../../activities/model/example.ts';
import type { LlamaConfig } from '../../../../activities/model/folder/config.ts';
import { EMBEDDING } from '../../../../activities/model/folder/config.ts';
import { type ComputeDType, free, toFloats, toNumber } from '../../../../activities/model/kernels/tensor.ts';
import { Gradients } from '../../../../activities/model/llama/gradients.ts';
import { Llama, logitsAt } from '../../../../activities/model/llama/model.ts';
import { TracedPasses } from '../../../../activities/model/llama/traced-pass.ts';
import { oracleGradients } from './oracle.ts';
import { raggedExamples, randomWeights, relativeDifference, tinyConfig, VARIANTS } from './tiny-model.ts';

const passes = new TracedPasses();

const lengths = [19, 150, 12, 90, 3, 7, 33];
const examples = raggedExamples(tinyConfig.vocabSize, lengths, 5);
/** Three packed rows of different lengths, whose chunks of 128 times begin within examples. */
const packed = [[1, 0], [3, 6, 2], [5], [4]].map((row) => row.flatMap((index) => examples[index] ?? []));

describe('a packed batch', () => {
  it('has examples one behind the other, and no target across a boundary', () => {
    const first = { inputIds: Int32Array.of(5, 6, 7), labels: Int32Array.of(-100, 6, 7) };
    const second = { inputIds: Int32Array.of(1, 2, 3, 4), labels: Int32Array.of(1, 2, -100, 4) };
    const batch = assemblePacked([[first, second], [first]]);
    assert.equal(batch.rows, 2);
    const ofRow = (values: Int32Array | null) => [...(values ?? [])].filter((_, token) => token % 2 === 0);
    assert.deepEqual(ofRow(batch.ids).slice(0, 7), [5, 6, 7, 1, 2, 3, 4]);
    assert.deepEqual(ofRow(batch.exampleStarts).slice(0, 7), [0, 0, 0, 3, 3, 3, 3]);
    // Tokens 0 and 1 predict 6 and 7; token 2 would predict the second example's first label.
    assert.deepEqual(
      [...batch.positions].map((token) => [Math.floor(token / 2), token % 2]),
      [
        [0, 0],
        [1, 0],
        [3, 0],
        [5, 0],
        [0, 1],
        [1, 1],
      ],
    );
    assert.deepEqual([...batch.targets], [6, 7, 2, 4, 6, 7]);
  });

  it('is an ordinary batch where each row has one example', () => {
    assert.deepEqual(assemblePacked(examples.map((example) => [example])), assembleBatch(examples));
    assert.equal(assembleBatch(examples).exampleStarts, null);
  });
});

describe('training on a packed batch', () => {
  for (const [name, change] of [
    ['grouped queries', {}],
    ['tied embeddings and biases', { tieEmbeddings: true, attentionBias: true }],
    ['a window that chunks reach back by', { window: { tokens: 40, layers: [0, 1] } }],
    ['a short window in one layer', VARIANTS['a window in one layer, and the other not turned'] ?? {}],
  ] as const) {
    it(`has the loss and the gradients of each example by itself, to 1e-5: ${name}`, () => {
      const config = { ...tinyConfig, ...change };
      const oracle = oracleGradients(config, randomWeights(config, 1), examples);
      const { loss, gradients } = passOver(assemblePacked(packed), config);
      assert.ok(Math.abs(loss - oracle.lossSum) <= 1e-5 * oracle.lossSum);
      for (const [tensor, expected] of oracle.gradients) {
        const difference = relativeDifference(gradients.get(tensor) ?? new Float32Array(), expected);
        assert.ok(difference <= 1e-5, `${tensor} differs by ${difference}`);
      }
    });
  }

  it('has the loss of the unpacked batch', () => {
    const { loss } = passOver(assemblePacked(packed));
    const unpacked = passOver(assembleBatch(examples));
    assert.ok(Math.abs(loss - unpacked.loss) <= 1e-6 * unpacked.loss, `${loss}, not ${unpacked.loss}`);
  });

  for (const dtype of ['float32', 'bfloat16'] as const) {
    it(`leaves every bit of an example alone where another in its row changes: ${dtype}`, () => {
      const { before, after, ids } = besideEachOther(withTargetsOf(examples[3]), dtype);
      for (const id of ids) assert.deepEqual(after.gradientOf(id), before.gradientOf(id));
      const changing = ids.filter((id) => before.gradientOf(id).some((value) => value !== 0));
      assert.ok(changing.length > 5, `${changing.length} rows have a gradient`);
      assert.notDeepEqual(before.embedding, after.embedding);
      const keptTimes = Array.from({ length: 19 }, (_, time) => 90 + time);
      assert.deepEqual(rowsAt(before.logits, keptTimes), rowsAt(after.logits, keptTimes));
      assert.notDeepEqual(rowsAt(before.logits, [80]), rowsAt(after.logits, [80]));
    });
  }

  it('leaves an example alone to 1e-6 where another in its row gets more or fewer targets', () => {
    // With another number of them other elements are left over from the packets that a processor computes at
    // once, and exponentials of those may be rounded differently.
    const { before, after, ids } = besideEachOther(other, 'float32');
    for (const id of ids) {
      const difference = relativeDifference(after.gradientOf(id), before.gradientOf(id));
      assert.ok(difference <= 1e-6 || before.gradientOf(id).every((value) => value === 0), `${difference}`);
    }
  });

  it('leaves every bit of the gradients alone where the changed example has no targets', () => {
    const masked = (example: Example | undefined): Example => ({
      inputIds: example?.inputIds ?? new Int32Array(),
      labels: new Int32Array(example?.inputIds.length ?? 0).fill(-100),
    });
    const rest = packed[1] ?? [];
    const before = passOver(assemblePacked([[masked(examples[3]), ...rest]]));
    const after = passOver(assemblePacked([[masked(other), ...rest]]));
    assert.equal(before.loss, after.loss);
    for (const [name, gradient] of before.gradients)
      assert.deepEqual(after.gradients.get(name)?.map(positiveZero), gradient.map(positiveZero), name);
  });
});

describe('activation checkpointing', () => {
  for (const dtype of ['float32', 'bfloat16'] as const) {
    it(`changes no bit of the loss and of the gradients: ${dtype}`, () => {
      const batch = assemblePacked(packed);
      const plain = passOver(batch, tinyConfig, dtype);
      const checkpointed = passOver(batch, tinyConfig, dtype, true);
      assert.equal(checkpointed.loss, plain.loss);
      assert.deepEqual(checkpointed.gradients, plain.gradients);
    });
  }
});

const [other] = raggedExamples(tinyConfig.vocabSize, [90], 77);

/** The other example with as many targets as this one, at its places. */
function withTargetsOf(example: Example | undefined): Example | undefined {
  const labels = example?.labels.map((label, time) => (label < 0 ? label : (other?.inputIds[time] ?? 0)));
  return other && labels && { inputIds: other.inputIds, labels };
}

/**
 * A pass over a row of two examples, and one with `changed` in the first one's place. The two use different
 * tokens, so the gradient of the embedding of each of `ids`, the second one's, is of that one alone.
 */
function besideEachOther(changed: Example | undefined, dtype: ComputeDType) {
  const kept = shiftedTo(0, examples[0]);
  const [before, after] = [examples[3], changed].map((first) => {
    const pass = passOver(assemblePacked([[shiftedTo(1, first), kept]]), tinyConfig, dtype);
    return { ...pass, gradientOf: (id: number) => rowOf(pass.embedding, id, tinyConfig.hiddenSize) };
  });
  assert.ok(before && after);
  return { before, after, ids: [...new Set(kept.inputIds)] };
}

/** The example with even ids, or with odd ones. */
function shiftedTo(parity: number, example: Example | undefined): Example {
  const shift = (id: number) => (id < 0 ? id : (id % 18) * 2 + parity);
  return {
    inputIds: example?.inputIds.map(shift) ?? new Int32Array(),
    labels: example?.labels.map(shift) ?? new Int32Array(),
  };
}

const positiveZero = (value: number) => value + 0;

function rowOf(matrix: Float32Array, row: number, width: number): Float32Array {
  return matrix.slice(row * width, (row + 1) * width);
}

function rowsAt(logits: Float32Array, rows: readonly number[]): Float32Array[] {
  return rows.map((row) => rowOf(logits, row, tinyConfig.vocabSize));
}

function passOver(
  batch: Batch,
  config: LlamaConfig = tinyConfig,
  dtype: ComputeDType = 'float32',
  activationCheckpointing = false,
) {
  const model = new Llama(config, randomWeights(config, 1), dtype);
  const weights = model.parameters.read(dtype);
  const sums = new Gradients();
  const options = { zLoss: 0, weight: 1, activationCheckpointing };
  const lossSum = passes.lossAndGradients(model, weights, batch, sums, options);
  const logits = logitsAt(model, weights, batch, Int32Array.from(batch.ids.keys()));
  const gradients = new Map(sums.names().map((name) => [name, toFloats(sums.get(name)).slice()]));
  const result = {
    loss: toNumber(lossSum),
    logits: toFloats(logits).slice(),
    gradients,
    embedding: gradients.get(EMBEDDING) ?? new Float32Array(),
  };
  free(lossSum, logits);
  weights.free();
  sums.free();
  model.destroy();
  return result;
}
