import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  adapterShapes,
  initializeAdapter,
  type LoraConfig,
  nameOfA,
} from '../../../../../activities/model/adapter/lora.ts';
import { mergeAdapter } from '../../../../../activities/model/adapter/merge.ts';
import { assembleBatch } from '../../../../../activities/model/batch.ts';
import type { Example } from '../../../../../activities/model/example.ts';
import type { LlamaConfig } from '../../../../../activities/model/folder/config.ts';
import { fromBfloat16, toBfloat16 } from '../../../../../activities/model/folder/floats.ts';
import type { Weight } from '../../../../../activities/model/folder/safetensors.ts';
import { cast } from '../../../../../activities/model/kernels/operations.ts';
import {
  type ComputeDType,
  free,
  liveTensors,
  scope,
  toFloats,
  toNumber,
} from '../../../../../activities/model/kernels/tensor.ts';
import { type Dropout, dropoutMask } from '../../../../../activities/model/llama/dropout.ts';
import { Gradients } from '../../../../../activities/model/llama/gradients.ts';
import { PLAIN_LOSS } from '../../../../../activities/model/llama/loss.ts';
import { Llama, logitsAt } from '../../../../../activities/model/llama/model.ts';
import { TracedPasses } from '../../../../../activities/model/llama/traced-pass.ts';
import { type OracleOptions, oracleGradients } from '../oracle.ts';
import {
  raggedExamples,
  randomAdapter,
  randomWeights,
  relativeDifference,
  tinyConfig,
  VARIANTS,
} from '../tiny-model.ts';

const passes = new TracedPasses();

const every: LoraConfig['targets'] = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
];
const lora: LoraConfig = { rank: 3, alpha: 6, dropout: 0, targets: every, trainedTokens: [] };
const examples = raggedExamples(tinyConfig.vocabSize, [19, 7, 12, 3], 5);

describe('LoRA, forward and backward', () => {
  const variants: [string, Partial<LlamaConfig>, Partial<LoraConfig>][] = [
    ['on every linear layer', {}, {}],
    ['on the recipe’s two', {}, { targets: ['q_proj', 'v_proj'] }],
    ['beside biases', { attentionBias: true, attentionOutputBias: true, mlpBias: true }, {}],
    ['with rows of added tokens', {}, { trainedTokens: [11, 36] }],
    [
      'rank-stabilized, with ranks and alphas of single layers',
      {},
      { rankStabilized: true, ranks: { q_proj: 2, 'layers.1.mlp.up_proj': 5 }, alphas: { up_proj: 9 } },
    ],
    ['with rows of added tokens and a tied head', { tieEmbeddings: true }, { trainedTokens: [35, 36] }],
    ...Object.entries(VARIANTS).map(([name, change]): [string, Partial<LlamaConfig>, Partial<LoraConfig>] => [
      name,
      change,
      { trainedTokens: [11] },
    ]),
  ];
  for (const [name, change, loraChange] of variants) {
    it(`has TensorFlow.js's own gradients to 1e-5 in f32, of what is trained and nothing else: ${name}`, () => {
      const [config, settings] = [
        { ...tinyConfig, ...change },
        { ...lora, ...loraChange },
      ];
      const worst = worstDifference(config, settings, 'float32', examples);
      assert.ok(worst.difference <= 1e-5, `${worst.name} differs by ${worst.difference}`);
      assert.ok(worst.lossDifference <= 1e-5, `the loss differs by ${worst.lossDifference}`);
    });
  }

  // As for all weights in gradients.test.ts: 0.068 by AVX2.
  it('agrees to 1e-1 in bf16, with the frozen weights held in bf16', () => {
    const worst = worstDifference(tinyConfig, { ...lora, trainedTokens: [11] }, 'bfloat16', examples);
    assert.ok(worst.difference <= 1e-1, `${worst.name} differs by ${worst.difference}`);
  });

  it('differentiates through dropout: the same masks in the oracle give the same gradients', () => {
    const settings = { ...lora, dropout: 0.4 };
    const dropout: Dropout = { rate: 0.4, seed: 7, step: 3, microBatch: 1 };
    // One row without padding, so that a token has the same index in both.
    const [row] = raggedExamples(tinyConfig.vocabSize, [17], 5);
    assert.ok(row);
    const keptInputs = (layer: string, [length = 0, width = 0]: readonly number[]) => {
      const computed = maskValues(dropout, layer, [length - 1, width]);
      return Float32Array.from({ length: length * width }, (_, i) => computed[i] ?? 1);
    };
    const worst = worstDifference(tinyConfig, settings, 'float32', [row], { keptInputs }, dropout);
    assert.ok(worst.difference <= 1e-5, `${worst.name} differs by ${worst.difference}`);
    const without = worstDifference(tinyConfig, settings, 'float32', [row], {}, dropout);
    assert.ok(without.difference > 0.01, 'dropout changes the gradients');
  });

  it('adds the z-loss to the gradients, and not to the loss that is reported', () => {
    const worst = worstDifference(tinyConfig, lora, 'float32', examples, { zLoss: 0.03 });
    assert.ok(worst.difference <= 1e-5, `${worst.name} differs by ${worst.difference}`);
    assert.ok(worst.lossDifference > 1e-3, 'the oracle’s loss has the z-loss in it');
  });

  it('trains the adapter in f32, and holds the frozen matrices in bf16 with no other copy', () => {
    const weights = new Map([...randomWeights(tinyConfig, 1), ...randomAdapter(tinyConfig, lora)]);
    const before = liveTensors();
    const model = new Llama(tinyConfig, weights, 'bfloat16', lora);
    // A handle for each variable and each constant, and nothing else.
    assert.equal(liveTensors() - before, weights.size);
    assert.deepEqual([...model.parameters.variables.keys()], [...adapterShapes(tinyConfig, lora).keys()]);
    const read = model.parameters.read('bfloat16');
    for (const [name, { shape }] of weights) {
      const expected = shape.length === 2 ? 'bfloat16' : 'float32';
      assert.equal(read.get(name).dtype, expected, name);
      assert.equal(read.isTrained(name), name.includes('lora_'));
    }
    read.free();
    model.destroy();
  });

  it('leaves no tensor behind', () => {
    const counts: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      worstDifference(tinyConfig, { ...lora, dropout: 0.1, trainedTokens: [11] }, 'bfloat16', examples);
      counts.push(liveTensors());
    }
    assert.equal(counts.at(-1), counts.at(1), counts.join(' '));
  });
});

describe('dropout', () => {
  const dropout: Dropout = { rate: 0.25, seed: 7, step: 3, microBatch: 1 };
  const layer = 'model.layers.2.self_attn.q_proj';

  it('drops its share', () => {
    const kept = maskValues(dropout, layer, [100, 400]).reduce((sum, value) => sum + value, 0);
    assert.ok(Math.abs(kept / 40_000 - 0.75) < 0.01, `${kept}`);
    assert.equal(maskValues(dropout, layer, [3, 5]).length, 15, 'an odd number is no matter');
  });

  it('is a function of seed, step, micro-batch, layer and site', () => {
    const mask = (change: Partial<Dropout>, at = layer) => maskValues({ ...dropout, ...change }, at, [8, 32]);
    assert.deepEqual(mask({}), mask({}));
    for (const other of [
      mask({ seed: 8 }),
      mask({ step: 4 }),
      mask({ microBatch: 0 }),
      mask({}, 'model.layers.3.self_attn.q_proj'),
      mask({}, 'model.layers.2.self_attn.v_proj'),
    ])
      assert.notDeepEqual(other, mask({}));
  });
});

describe('a fresh adapter', () => {
  it('has A uniform within 1/sqrt(in), as PyTorch starts a linear layer, and B zero', () => {
    const adapter = initializeAdapter(tinyConfig, randomWeights(tinyConfig, 1), { ...lora, rank: 500 }, 42);
    const { data = new Float32Array() } = adapter.get(nameOfA('model.layers.0.self_attn.q_proj')) ?? {};
    assert.ok(data.every((value) => Math.abs(value) <= 0.25));
    const variance = data.reduce((sum, value) => sum + value * value, 0) / data.length;
    assert.ok(Math.abs(variance - 0.0625 / 3) < 0.001, `${variance}`);
    for (const [name, weight] of adapter)
      if (name.endsWith('lora_B.weight')) assert.ok(weight.data.every((value) => value === 0));
  });

  it('is a function of the seed, and changes nothing of the model', () => {
    const base = randomWeights(tinyConfig, 1);
    const settings = { ...lora, trainedTokens: [36] };
    const adapter = initializeAdapter(tinyConfig, base, settings, 42);
    assert.deepEqual(adapter, initializeAdapter(tinyConfig, base, settings, 42));
    assert.notDeepEqual(adapter, initializeAdapter(tinyConfig, base, settings, 43));
    assert.deepEqual(mergeAdapter(tinyConfig, base, adapter, settings), base);
  });
});

describe('merging', () => {
  for (const [name, change] of [
    ['a head of its own', {}],
    ['a tied head', { tieEmbeddings: true }],
  ] as const) {
    it(`gives a model that computes the same without the adapter: ${name}`, () => {
      const config = { ...tinyConfig, ...change };
      const settings = { ...lora, trainedTokens: [0, 36] };
      const base = randomWeights(config, 1);
      const adapter = randomAdapter(config, settings);
      const active = logits(new Llama(config, new Map([...base, ...adapter]), 'float32', settings));
      const merged = logits(new Llama(config, mergeAdapter(config, base, adapter, settings), 'float32'));
      const plain = logits(new Llama(config, base, 'float32'));
      assert.ok(relativeDifference(merged, active) <= 1e-5);
      assert.ok(relativeDifference(plain, active) > 0.1, 'the adapter changes the logits');
    });
  }

  it('refuses an adapter of another model, naming the tensor and both shapes', () => {
    const adapter = randomAdapter({ ...tinyConfig, hiddenSize: 8 }, lora);
    assert.throws(() => mergeAdapter(tinyConfig, randomWeights(tinyConfig, 1), adapter, lora), {
      code: 'InvalidInput',
      message:
        /layers\.0\.self_attn\.q_proj\.lora_A\.weight has the shape \[3, 8\], and \[3, 16\] is expected/,
    });
  });
});

function worstDifference(
  config: LlamaConfig,
  settings: LoraConfig,
  dtype: ComputeDType,
  rows: readonly Example[],
  options: OracleOptions = {},
  dropout: Dropout | null = null,
) {
  const base = mapData(randomWeights(config, 1), dtype === 'bfloat16' ? roundedToBfloat16 : (data) => data);
  const weights = new Map([...base, ...randomAdapter(config, settings)]);
  const oracle = oracleGradients(config, weights, rows, { ...options, lora: settings });
  const model = new Llama(config, weights, dtype, settings);
  const read = model.parameters.read(dtype);
  const gradients = new Gradients();
  const { zLoss = 0 } = options;
  const pass = dropout ? read.withDropout(dropout) : read;
  const batch = assembleBatch(rows);
  const passOptions = { ...PLAIN_LOSS, zLoss, activationCheckpointing: false };
  const lossSum = passes.lossAndGradients(model, pass, batch, gradients, passOptions);
  const lossDifference = Math.abs(toNumber(lossSum) - oracle.lossSum) / oracle.lossSum;
  const worst = { name: '', difference: 0, lossDifference };
  assert.deepEqual(gradients.names().sort(), [...adapterShapes(config, settings).keys()].sort());
  for (const name of gradients.names()) {
    const expected = oracle.gradients.get(name) ?? new Float32Array();
    assert.ok(
      expected.some((value) => value !== 0),
      `${name} has a gradient`,
    );
    const difference = relativeDifference(toFloats(gradients.get(name)), expected);
    if (!(difference <= worst.difference)) Object.assign(worst, { name, difference });
  }
  free(lossSum);
  read.free();
  gradients.free();
  model.destroy();
  return worst;
}

function logits(model: Llama): Float32Array {
  const batch = assembleBatch(examples);
  const weights = model.parameters.read('float32');
  const values = scope(() => toFloats(logitsAt(model, weights, batch, batch.positions)));
  weights.free();
  model.destroy();
  return values;
}

/** As a base model in bf16 has them. */
function roundedToBfloat16(data: Float32Array): Float32Array {
  return fromBfloat16(toBfloat16(data));
}

function mapData(weights: ReadonlyMap<string, Weight>, change: (data: Float32Array) => Float32Array) {
  return new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: change(data) }]));
}

/** Ones and zeros. */
function maskValues(dropout: Dropout, layer: string, shape: readonly number[]): Float32Array {
  return scope(() => toFloats(cast(dropoutMask(shape, dropout, layer), 'float32')));
}
