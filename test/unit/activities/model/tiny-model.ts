import { adapterShapes, type LoraConfig } from '../../../../activities/model/adapter/lora.ts';
import type { Example } from '../../../../activities/model/example.ts';
import { PLAIN_LLAMA } from '../../../../activities/model/families/architecture.ts';
import {
  elementCount,
  type LlamaConfig,
  parameterShapes,
} from '../../../../activities/model/folder/config.ts';
import type { Weight } from '../../../../activities/model/folder/safetensors.ts';
import { PhiloxStream } from '../../../../activities/philox.ts';

/** A model small enough to differentiate in milliseconds, with fewer key-value heads than heads. */
export const tinyConfig: LlamaConfig = {
  family: 'llama',
  vocabSize: 37,
  hiddenSize: 16,
  intermediateSize: 24,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 4,
  maxPositions: 64,
  ropeTheta: 10_000,
  ropeScaling: null,
  normEpsilon: 1e-5,
  tieEmbeddings: false,
  ...PLAIN_LLAMA,
};

/** In what other families differ from a Llama, a few differences in each. */
export const VARIANTS: Readonly<Record<string, Partial<LlamaConfig>>> = {
  'norms on heads of a size of their own': { queryKeyNorm: 'head', headSize: 6 },
  'norms on all heads, and norms behind': { queryKeyNorm: 'all', normsAfter: true },
  'a window in one layer, and the other not turned': {
    window: { tokens: 5, layers: [0] },
    unturnedLayers: [1],
  },
  multipliers: {
    embeddingMultiplier: 3,
    attentionMultiplier: 0.3,
    residualMultiplier: 0.6,
    logitsDivisor: 2,
  },
};

/** Weights of standard deviation 0.2, norms around 1 but not 1: no term of a gradient vanishes. */
export function randomWeights(config: LlamaConfig, seed: number): Map<string, Weight> {
  const stream = new PhiloxStream(seed, 'initialize', 0);
  const weights = new Map<string, Weight>();
  for (const [name, shape] of parameterShapes(config)) {
    const center = name.includes('norm') ? 1 : 0;
    const data = Float32Array.from({ length: elementCount(shape) }, () => center + 0.2 * stream.nextNormal());
    weights.set(name, { shape, data });
  }
  return weights;
}

/** An adapter in the middle of training: no tensor of it is zero. */
export function randomAdapter(config: LlamaConfig, settings: LoraConfig): Map<string, Weight> {
  const stream = new PhiloxStream(3, 'initialize', 1);
  return new Map(
    [...adapterShapes(config, settings)].map(([name, shape]) => {
      const data = Float32Array.from({ length: elementCount(shape) }, () => 0.1 * stream.nextNormal());
      return [name, { shape, data }];
    }),
  );
}

/** Rows of different lengths; labels are masked at the start, and here and there behind it. */
export function raggedExamples(vocabSize: number, lengths: readonly number[], seed: number): Example[] {
  const stream = new PhiloxStream(seed, 'shuffle', 0);
  return lengths.map((length) => {
    const inputIds = Int32Array.from({ length }, () => stream.nextBelow(vocabSize));
    const labels = inputIds.map((id, time) => (time < length / 3 || stream.nextBelow(5) === 0 ? -100 : id));
    labels[length - 1] = inputIds[length - 1] ?? 0;
    return { inputIds, labels };
  });
}

/** The largest difference, as a share of the largest magnitude of `expected`. */
export function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let largest = 0;
  for (const [i, value] of expected.entries()) {
    difference = Math.max(difference, Math.abs((actual[i] ?? Number.NaN) - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / largest;
}
