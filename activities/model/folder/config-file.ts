import { z } from 'zod';
import { AlpacaError } from '../../errors.ts';
import { MOST } from './bounds.ts';

/** Who publishes the variant. They share the architecture and differ in which biases they have. */
export type Family = 'llama' | 'mistral' | 'qwen2';

/** The names that config.json's `architectures` goes by. */
export const FAMILY_ARCHITECTURE: Record<Family, string> = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
};

const upTo = (most: number) => z.int().min(1).max(most);
const factor = z.number().gt(0).max(MOST.ropeFactor);
const base = z.number().gt(0).max(MOST.ropeBase);
const rope = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: base.optional(),
  partial_rotary_factor: z.number().optional(),
  factor: factor.nullish(),
  low_freq_factor: factor.optional(),
  high_freq_factor: factor.optional(),
  original_max_position_embeddings: upTo(MOST.positions).optional(),
});

/** The fields of config.json that this model's computation depends on; others are let through. */
export const configFile = z.looseObject({
  architectures: z.array(z.string()).nullish(),
  model_type: z.string().optional(),
  vocab_size: upTo(MOST.vocabulary),
  hidden_size: upTo(MOST.hidden),
  intermediate_size: upTo(MOST.intermediate),
  num_hidden_layers: upTo(MOST.layers),
  num_attention_heads: upTo(MOST.heads),
  num_key_value_heads: upTo(MOST.heads).nullish(),
  head_dim: upTo(MOST.headSize).nullish(),
  max_position_embeddings: upTo(MOST.positions),
  hidden_act: z.string().optional(),
  rms_norm_eps: z.number().gt(0).max(1).optional(),
  rope_theta: base.optional(),
  rope_scaling: rope.nullish(),
  rope_parameters: rope.nullish(),
  partial_rotary_factor: z.number().optional(),
  tie_word_embeddings: z.boolean().optional(),
  attention_bias: z.boolean().optional(),
  mlp_bias: z.boolean().optional(),
  attention_dropout: z.number().optional(),
  sliding_window: z.number().nullish(),
  use_sliding_window: z.boolean().optional(),
  layer_types: z.array(z.string()).max(MOST.layers).nullish(),
  quantization_config: z.unknown().optional(),
});
export type ConfigFile = z.infer<typeof configFile>;

/** @throws AlpacaError InvalidInput for any other architecture, naming it */
export function familyOf(file: ConfigFile, path: string): Family {
  const architecture = file.architectures?.[0];
  const families = Object.keys(FAMILY_ARCHITECTURE) as Family[];
  const family = families.find((name) =>
    architecture === undefined ? name === file.model_type : FAMILY_ARCHITECTURE[name] === architecture,
  );
  if (family && file.model_type !== undefined && file.model_type !== family) {
    throw refused(
      path,
      `model_type is "${file.model_type}", and architectures names ${architecture}`,
      `Expected model_type "${family}": transformers goes by it.`,
    );
  }
  if (family) return family;
  throw refused(
    path,
    `the architecture ${architecture ?? file.model_type ?? '(none named)'} is not supported`,
    `Supported are ${Object.values(FAMILY_ARCHITECTURE).join(', ')}.`,
  );
}

/** What transformers takes where a Mistral config says nothing of a window. */
const MISTRAL_WINDOW = 4096;
const EXPECTED_WINDOW = 'null, or at least max_position_embeddings';

/** @throws AlpacaError InvalidInput naming the first option that would change the computation */
export function refuseUnsupported(file: ConfigFile, family: Family, path: string): void {
  const refuse = (field: string, value: unknown, expected: string): never => {
    throw refused(
      path,
      `${field} is ${JSON.stringify(value)}, which is not supported`,
      `Expected ${expected}.`,
    );
  };
  const activation = file.hidden_act ?? 'silu';
  if (activation !== 'silu' && activation !== 'swish') refuse('hidden_act', activation, '"silu"');
  if (file.quantization_config != null)
    refuse('quantization_config', file.quantization_config, 'a checkpoint in f32, f16 or bf16');
  if (file.attention_dropout) refuse('attention_dropout', file.attention_dropout, '0');
  const partial = file.rope_parameters?.partial_rotary_factor ?? file.partial_rotary_factor ?? 1;
  if (partial !== 1) refuse('partial_rotary_factor', partial, '1');
  const other = file.layer_types?.find((type) => type !== 'full_attention');
  if (other !== undefined) refuse('layer_types', other, '"full_attention" in every layer');
  if (family === 'qwen2' && file.use_sliding_window) refuse('use_sliding_window', true, 'false');
  const window = file.sliding_window === undefined ? MISTRAL_WINDOW : file.sliding_window;
  if (family === 'mistral' && window !== null && window < file.max_position_embeddings)
    refuse('sliding_window', file.sliding_window ?? `${window} where it is not given`, EXPECTED_WINDOW);
  if (family !== 'llama' && file.num_key_value_heads == null)
    refuse('num_key_value_heads', null, 'the number of key-value heads');
}

/** The error for a config.json that this model cannot be made of. */
export function refused(
  path: string,
  reason: string,
  remedy = 'Check the file, or use another base model.',
): AlpacaError {
  return new AlpacaError('InvalidInput', `${path}: ${reason}.`, { remedy });
}
