import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, it } from 'node:test';
import { ADAMW_DEFAULTS, AdamW } from '../../../../activities/model/adamw.ts';
import type { LoraConfig } from '../../../../activities/model/adapter/lora.ts';
import { assemblePacked } from '../../../../activities/model/batch.ts';
import { decode } from '../../../../activities/model/decode.ts';
import { sparseSoftmaxCrossEntropy } from '../../../../activities/model/kernels/cross-entropy.ts';
import { add, cast } from '../../../../activities/model/kernels/operations.ts';
import {
  type ComputeDType,
  free,
  fromFloats,
  fromInts,
  scalar,
  scope,
  toFloats,
} from '../../../../activities/model/kernels/tensor.ts';
import { Gradients } from '../../../../activities/model/llama/gradients.ts';
import { Llama, type PassOptions, targetLosses } from '../../../../activities/model/llama/model.ts';
import { TracedPasses } from '../../../../activities/model/llama/traced-pass.ts';
import {
  type Attribute,
  applySettings,
  type Binding,
  loadBinding,
  replaceBinding,
} from '../../../../activities/model/tensorflow.ts';
import { changedBinding } from './changed-binding.ts';
import {
  raggedExamples,
  randomAdapter,
  randomWeights,
  relativeDifference,
  tinyConfig,
} from './tiny-model.ts';
import { DEMANDING, PLAIN, resultOf, tinyLora } from './tiny-pass.ts';

/**
 * What a GPU is given to do, done here by the CPU: with the binding saying that it computes on a GPU. Which
 * kernels TensorFlow's library has for GPUs is read from the library (test/fixtures/model).
 */
const cpu = loadBinding();
const executed = new Map<string, { name: string; attributes: readonly Attribute[] }>();
const gpu = changedBinding({
  executeOp(name, attributes, inputs, outputs) {
    executed.set(`${name} ${JSON.stringify(attributes)}`, { name, attributes });
    return cpu.executeOp(name, attributes, inputs, outputs);
  },
  loadSavedModel: () => assert.fail('a GPU runs no graphs'),
  isUsingGpuDevice: () => true,
});

const library: {
  tensorflow: string;
  /** operations whose kernel refuses to run under TF_DETERMINISTIC_OPS */
  refusing: string[];
  /** by operation, the types of its attributes for each kernel */
  kernels: Record<string, Record<string, number[]>[]>;
} = JSON.parse(readFileSync(new URL('../../../fixtures/model/gpu-kernels.json', import.meta.url), 'utf8'));

describe('on a GPU', () => {
  beforeEach(() => executed.clear());

  const kinds = (['float32', 'bfloat16'] as const).flatMap((dtype) =>
    [null, tinyLora].map((adapter) => ({ dtype, adapter })),
  );
  for (const { dtype, adapter } of kinds) {
    const name = `${adapter ? 'LoRA' : 'full'} ${dtype}`;

    it(`a pass gives the CPU's loss and gradients: ${name}`, () => {
      for (const options of [PLAIN, DEMANDING]) {
        const expected = on(cpu, () => passOf(dtype, adapter, options));
        const actual = on(gpu, () => passOf(dtype, adapter, options));
        const bound = dtype === 'float32' ? 1e-5 : 2e-2;
        assert.ok(Math.abs(actual.loss / expected.loss - 1) < 1e-6, `loss ${actual.loss}, ${expected.loss}`);
        for (const [tensor, gradient] of expected.gradients) {
          const difference = relativeDifference(actual.gradients.get(tensor) ?? new Float32Array(), gradient);
          assert.ok(difference < bound, `${tensor} differs by ${difference}`);
        }
      }
    });

    it(`a step, a loss and a continuation call only kernels that GPUs have, each repeatable: ${name}`, () => {
      on(gpu, () => everything(dtype, adapter));
      assert.equal(cpu.TF_Version, library.tensorflow, 'make gpu-kernels.json again');
      const missing = [...executed.values()].filter((call) => !hasKernel(call));
      assert.deepEqual(missing, []);
      const names = new Set([...executed.values()].map((call) => call.name));
      assert.deepEqual(
        library.refusing.filter((refusing) => names.has(refusing)),
        [],
      );
      assert.ok(names.has('ResourceApplyAdam') && names.has('UnsortedSegmentSum') && names.size > 20);
    });
  }

  it('the cross-entropy is that of the CPU, where logits are large and far apart too', () => {
    const logits = Float32Array.of(1, 2, 3, 1e4, -1e4, 0, -300, 300, 299, 5, 5, 5);
    const labels = Int32Array.of(2, 1, 2, 0);
    const results = [cpu, gpu].map((binding) =>
      on(binding, () =>
        scope(() => {
          const { losses, gradient } = sparseSoftmaxCrossEntropy(
            fromFloats([4, 3], logits),
            fromInts([4], labels),
          );
          return { losses: [...toFloats(losses)], gradient: [...toFloats(gradient)] };
        }),
      ),
    );
    const [expected, actual] = results;
    assert.ok(expected && actual);
    assert.deepEqual(actual.losses.map(rounded), [0.407606, 20000, 1.313262, 1.098612]);
    assert.deepEqual(actual.losses.map(rounded), expected.losses.map(rounded));
    assert.deepEqual(actual.gradient.map(rounded), expected.gradient.map(rounded));
  });
});

describe('a call that the GPU library has no kernel for', () => {
  it('is found', () => {
    executed.clear();
    on(gpu, () => scope(() => cast(add(scalar(1), scalar(2)), 'int32')));
    const [sum, conversion] = [...executed.values()];
    assert.ok(sum && conversion && hasKernel(sum) && hasKernel(conversion));
    assert.ok(!hasKernel({ ...sum, name: 'NoSuchOperation' }));
    const ofShorts = sum.attributes.map((attribute) => ({ ...attribute, value: 99 }));
    assert.ok(!hasKernel({ ...sum, attributes: ofShorts }));
  });
});

describe('the settings that TensorFlow starts with', () => {
  it('make a GPU repeat itself, multiply in f32, share its memory, and be one', () => {
    const environment: NodeJS.ProcessEnv = {};
    applySettings(environment);
    assert.deepEqual(environment, {
      TF_CPP_MIN_LOG_LEVEL: '2',
      TF_DETERMINISTIC_OPS: '1',
      NVIDIA_TF32_OVERRIDE: '0',
      TF_FORCE_GPU_ALLOW_GROWTH: 'true',
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      CUDA_VISIBLE_DEVICES: '0',
    });
  });

  it('leave what a person has set, but for the second GPU and those after it', () => {
    const environment = { TF_DETERMINISTIC_OPS: '0', CUDA_VISIBLE_DEVICES: '2,3' };
    applySettings(environment);
    assert.equal(environment.TF_DETERMINISTIC_OPS, '0');
    assert.equal(environment.CUDA_VISIBLE_DEVICES, '2');
    const none = { CUDA_VISIBLE_DEVICES: '' };
    applySettings(none);
    assert.equal(none.CUDA_VISIBLE_DEVICES, '');
  });
});

function on<Result>(binding: Binding, body: () => Result): Result {
  replaceBinding(binding);
  try {
    return body();
  } finally {
    replaceBinding(cpu);
  }
}

function hasKernel({ name, attributes }: { name: string; attributes: readonly Attribute[] }): boolean {
  const value = (attribute: string) => attributes.find((given) => given.name === attribute)?.value;
  return (library.kernels[name] ?? []).some((types) =>
    Object.entries(types).every(([attribute, allowed]) => allowed.includes(Number(value(attribute)))),
  );
}

function modelOf(dtype: ComputeDType, adapter: LoraConfig | null): Llama {
  const weights = new Map([
    ...randomWeights(tinyConfig, 1),
    ...(adapter ? randomAdapter(tinyConfig, adapter) : []),
  ]);
  return new Llama(tinyConfig, weights, dtype, adapter);
}

/** Rows of several examples, and long enough for two chunks of queries. */
function packedBatch() {
  const examples = raggedExamples(tinyConfig.vocabSize, [90, 60, 40, 120], 7);
  return assemblePacked([examples.slice(0, 2), examples.slice(2)]);
}

function passOf(dtype: ComputeDType, adapter: LoraConfig | null, options: PassOptions) {
  const model = modelOf(dtype, adapter);
  const passes = new TracedPasses();
  const result = resultOf(model, adapter ? 4 : 0, (weights, sums) =>
    passes.lossAndGradients(model, weights, packedBatch(), sums, options),
  );
  passes.destroy();
  model.destroy();
  return result;
}

/** All that a training and its evaluation ask of the device. */
function everything(dtype: ComputeDType, adapter: LoraConfig | null): void {
  for (const options of [PLAIN, DEMANDING]) passOf(dtype, adapter, options);
  const model = modelOf(dtype, adapter);
  const optimizer = new AdamW(model.parameters, { ...ADAMW_DEFAULTS, weightDecay: 0.1, clipNorm: 1 }, null);
  const passes = new TracedPasses();
  const weights = model.parameters.read(dtype);
  const sums = new Gradients();
  for (const _ of [1, 2]) free(passes.lossAndGradients(model, weights, packedBatch(), sums, PLAIN));
  targetLosses(model, weights, packedBatch());
  weights.free();
  free(optimizer.update(sums, 100, 1, 1e-3));
  sums.free();
  const options = { maxNewTokens: 3, temperature: 1, topP: 0.9, topK: 5, stopIds: [], seed: 1 };
  const prompts = [
    { index: 0, ids: [1, 2, 3] },
    { index: 1, ids: [4] },
  ];
  assert.equal([...decode(model, prompts, options)].length, 6);
  optimizer.moments();
  model.parameters.toWeights();
  optimizer.destroy();
  model.destroy();
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}
