import { AlpacaError } from '../../errors.ts';
import { FAMILIES } from '../families/families.ts';
import type { LlamaConfig } from '../folder/config.ts';
import { rotaryFrequencies } from '../llama/attention/rotary.ts';
import type { TypedValue } from './write-file.ts';

/** Tokens for which llama.cpp computes the same. It knows no window in these families: one is the end of the context there. */
export function ggufContext({ maxPositions, window }: Pick<LlamaConfig, 'maxPositions' | 'window'>): number {
  return Math.min(maxPositions, window?.tokens ?? maxPositions);
}

/**
 * A model's sizes as llama.cpp takes them.
 *
 * @throws AlpacaError InvalidInput naming what llama.cpp does not compute
 */
export function architectureMetadata(config: LlamaConfig, path: string): Map<string, TypedValue> {
  const { architecture: name, takesRopeTable, lacks, metadata } = FAMILIES[config.family].gguf;
  const { ropeScaling: scaling } = config;
  const lacking = lacks(config);
  if (lacking !== null) throw uncomputed(path, lacking);
  if (scaling?.type === 'dynamic' || (scaling?.type === 'llama3' && !takesRopeTable))
    throw uncomputed(path, `${scaling.type} scaling of its rotary embedding`);
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
    number('context_length', ggufContext(config)),
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
    ...Object.entries(metadata(config)).map(([key, value]) => real(key, value)),
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
