import { PLAIN_LLAMA } from '../../activities/model/families/architecture.ts';
import type { LlamaConfig } from '../../activities/model/folder/config.ts';
import type { Shape } from '../train/shapes.ts';

/**
 * Architectures of models that are published, as their config.json has them: SmolLM2-135M, Qwen2.5-0.5B (without its
 * biases) and Llama-3.2-1B (without the scaling of its rotations).
 */
export const GPU_SHAPES: Readonly<Record<string, Shape>> = {
  '135M': shape({
    vocabSize: 49_152,
    hiddenSize: 576,
    intermediateSize: 1536,
    layers: 30,
    heads: 9,
    keyValueHeads: 3,
  }),
  '0.5B': shape({
    vocabSize: 151_936,
    hiddenSize: 896,
    intermediateSize: 4864,
    layers: 24,
    heads: 14,
    keyValueHeads: 2,
  }),
  '1B': shape({
    vocabSize: 128_256,
    hiddenSize: 2048,
    intermediateSize: 8192,
    layers: 16,
    heads: 32,
    keyValueHeads: 8,
  }),
};

/** What stands for each of them where there is no GPU: two layers of a few thousand weights. */
export const TINY: Readonly<Record<string, Shape>> = Object.fromEntries(
  Object.entries(GPU_SHAPES).map(([name, { config }]) => {
    const { heads, keyValueHeads } = config;
    const sizes = { vocabSize: 256, hiddenSize: 8 * heads, intermediateSize: 16 * heads, layers: 2 };
    return [`tiny ${name}`, { ...shape({ ...sizes, heads, keyValueHeads }), length: 32, rows: 2 }];
  }),
);

type Sizes = Pick<
  LlamaConfig,
  'vocabSize' | 'hiddenSize' | 'intermediateSize' | 'layers' | 'heads' | 'keyValueHeads'
>;

function shape(sizes: Sizes): Shape {
  const config: LlamaConfig = {
    ...sizes,
    family: 'llama',
    headSize: sizes.hiddenSize / sizes.heads,
    maxPositions: 2048,
    ropeTheta: 100_000,
    ropeScaling: null,
    normEpsilon: 1e-5,
    tieEmbeddings: true,
    ...PLAIN_LLAMA,
  };
  return { config, length: 512, rows: 4 };
}
