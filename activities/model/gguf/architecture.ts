import { AlpacaError } from '../../errors.ts';
import type { LlamaConfig } from '../folder/config.ts';
import { rotaryFrequencies } from '../llama/attention/rotary.ts';
import type { TypedValue } from './write-file.ts';

/** llama.cpp's name of the architecture: Mistral is a Llama to it. */
export function architectureOf({ family }: LlamaConfig): 'llama' | 'qwen2' {
  return family === 'qwen2' ? 'qwen2' : 'llama';
}

/**
 * A model's sizes as llama.cpp takes them.
 *
 * @throws AlpacaError InvalidInput naming what llama.cpp does not compute
 */
export function architectureMetadata(config: LlamaConfig, path: string): Map<string, TypedValue> {
  const name = architectureOf(config);
  const { ropeScaling: scaling } = config;
  if (scaling?.type === 'dynamic') throw uncomputed(path, 'dynamic scaling of its rotary embedding');
  if (name === 'qwen2' && config.heads * config.headSize !== config.hiddenSize)
    throw uncomputed(path, 'heads of a size of their own');
  const number = (key: string, value: number): [string, TypedValue] => [
    `${name}.${key}`,
    { type: 'uint32', value },
  ];
  const real = (key: string, value: number): [string, TypedValue] => [
    `${name}.${key}`,
    { type: 'float32', value },
  ];
  return new Map([
    number('vocab_size', config.vocabSize),
    number('context_length', config.maxPositions),
    number('embedding_length', config.hiddenSize),
    number('block_count', config.layers),
    number('feed_forward_length', config.intermediateSize),
    number('attention.head_count', config.heads),
    number('attention.head_count_kv', config.keyValueHeads),
    number('attention.key_length', config.headSize),
    number('attention.value_length', config.headSize),
    real('attention.layer_norm_rms_epsilon', config.normEpsilon),
    number('rope.dimension_count', config.headSize),
    real('rope.freq_base', config.ropeTheta),
    ...(scaling?.type === 'linear'
      ? [
          [`${name}.rope.scaling.type`, { type: 'string', value: 'linear' }] as [string, TypedValue],
          real('rope.scaling.factor', scaling.factor),
        ]
      : []),
  ]);
}

/** By how much each rotary frequency is slowed down; null where llama.cpp needs no table of it. */
export function ropeFactors(config: LlamaConfig): Float32Array | null {
  if (config.ropeScaling?.type !== 'llama3') return null;
  const plain = rotaryFrequencies({ ...config, ropeScaling: null });
  const slowed = rotaryFrequencies(config);
  return Float32Array.from(plain, (frequency, i) => frequency / (slowed[i] ?? 1));
}

function uncomputed(path: string, what: string): AlpacaError {
  return new AlpacaError('InvalidInput', `llama.cpp does not compute ${path}: it has ${what}.`, {
    remedy: 'Use the model as a Hugging Face folder, which transformers and vLLM open.',
  });
}
