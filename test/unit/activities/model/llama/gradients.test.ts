import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assembleBatch } from '../../../../../activities/model/batch.ts';
import type { LlamaConfig } from '../../../../../activities/model/folder/config.ts';
import { parameterShapes } from '../../../../../activities/model/folder/config.ts';
import {
  type ComputeDType,
  free,
  liveTensors,
  toFloats,
  toNumber,
} from '../../../../../activities/model/kernels/tensor.ts';
import { Gradients } from '../../../../../activities/model/llama/gradients.ts';
import { Llama } from '../../../../../activities/model/llama/model.ts';
import { TracedPasses } from '../../../../../activities/model/llama/traced-pass.ts';
import { oracleGradients } from '../oracle.ts';
import { raggedExamples, randomWeights, relativeDifference, tinyConfig, VARIANTS } from '../tiny-model.ts';

const passes = new TracedPasses();

const examples = raggedExamples(tinyConfig.vocabSize, [19, 7, 12, 3], 5);

describe('the hand-written backward pass', () => {
  const variants: [string, Partial<LlamaConfig>][] = [
    ['grouped queries', {}],
    ['one key-value head', { keyValueHeads: 1 }],
    ['as many key-value heads as heads', { keyValueHeads: 4 }],
    ['tied embeddings', { tieEmbeddings: true }],
    ['biases on the attention', { attentionBias: true }],
    ['biases everywhere', { attentionBias: true, attentionOutputBias: true, mlpBias: true }],
    ['linear rotary scaling', { ropeScaling: { type: 'linear', factor: 4 } }],
    [
      'llama3 rotary scaling',
      {
        ropeScaling: {
          type: 'llama3',
          factor: 8,
          lowFrequencyFactor: 1,
          highFrequencyFactor: 4,
          originalMaxPositions: 16,
        },
      },
    ],
    ...Object.entries(VARIANTS),
  ];
  for (const [name, change] of variants) {
    it(`agrees with TensorFlow.js's own gradients to 1e-5 in f32: ${name}`, () => {
      const worst = worstDifference({ ...tinyConfig, ...change }, 'float32');
      assert.ok(worst.difference <= 1e-5, `${worst.name} differs by ${worst.difference}`);
      assert.ok(worst.lossDifference <= 1e-5, `the loss differs by ${worst.lossDifference}`);
    });
  }

  // Below 0.05 where the processor multiplies bf16 itself (AMX); 0.059 by AVX2, where TensorFlow rounds more often.
  it('agrees to 1e-1 in bf16', () => {
    const worst = worstDifference(tinyConfig, 'bfloat16');
    assert.ok(worst.difference <= 1e-1, `${worst.name} differs by ${worst.difference}`);
  });

  it('leaves no tensor behind, whatever the shape of the batch', () => {
    const model = new Llama(tinyConfig, randomWeights(tinyConfig, 1), 'float32');
    const counts: number[] = [];
    for (const lengths of [[40, 9], [5], [40, 9], [17, 3, 8], [40, 9], [5], [17, 3, 8]]) {
      const batch = assembleBatch(raggedExamples(tinyConfig.vocabSize, lengths, 2));
      const weights = model.parameters.read('float32');
      const gradients = new Gradients();
      free(passes.lossAndGradients(model, weights, batch, gradients));
      weights.free();
      gradients.free();
      counts.push(liveTensors());
    }
    assert.deepEqual(new Set(counts.slice(3)).size, 1, `live tensors: ${counts.join(', ')}`);
    model.destroy();
  });
});

function worstDifference(config: LlamaConfig, dtype: ComputeDType) {
  const weights = randomWeights(config, 1);
  const oracle = oracleGradients(config, weights, examples);
  const model = new Llama(config, weights, dtype);
  const read = model.parameters.read(dtype);
  const gradients = new Gradients();
  const lossSum = passes.lossAndGradients(model, read, assembleBatch(examples), gradients);
  const worst = {
    name: '',
    difference: 0,
    lossDifference: Math.abs(toNumber(lossSum) - oracle.lossSum) / oracle.lossSum,
  };
  assert.deepEqual(gradients.names().sort(), [...parameterShapes(config).keys()].sort());
  for (const [name, expected] of oracle.gradients) {
    const difference = relativeDifference(toFloats(gradients.get(name)), expected);
    if (!(difference <= worst.difference)) Object.assign(worst, { name, difference });
  }
  free(lossSum);
  read.free();
  gradients.free();
  model.destroy();
  return worst;
}
