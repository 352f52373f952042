import { z } from 'zod';
import { AlpacaError } from '../../errors.ts';
import { MOST } from './bounds.ts';

const upTo = (most: number) => z.int().min(1).max(most);
const factor = z.number().gt(0).max(MOST.ropeFactor);
const base = z.number().gt(0).max(MOST.ropeBase);
const multiplier = z.number().gt(0).max(MOST.multiplier);
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
  sliding_window: z.int().min(1).nullish(),
  use_sliding_window: z.boolean().optional(),
  max_window_layers: z.int().min(0).optional(),
  layer_types: z.array(z.string()).max(MOST.layers).nullish(),
  no_rope_layers: z.array(z.int()).max(MOST.layers).nullish(),
  no_rope_layer_interval: upTo(MOST.layers).optional(),
  embedding_multiplier: multiplier.optional(),
  attention_multiplier: multiplier.optional(),
  residual_multiplier: multiplier.optional(),
  logits_scaling: multiplier.optional(),
  quantization_config: z.unknown().optional(),
});
export type ConfigFile = z.infer<typeof configFile>;

/** The fields by which an architecture is known. */
export const namesInConfig = configFile.pick({ architectures: true, model_type: true });

/** @throws AlpacaError InvalidInput naming the first option that would change the computation */
export function refuseUnsupported(file: ConfigFile, path: string): void {
  const activation = file.hidden_act ?? 'silu';
  if (activation !== 'silu' && activation !== 'swish')
    throw unsupported(path, 'hidden_act', activation, '"silu"');
  if (file.quantization_config != null)
    throw unsupported(
      path,
      'quantization_config',
      file.quantization_config,
      'a checkpoint in f32, f16 or bf16',
    );
  if (file.attention_dropout) throw unsupported(path, 'attention_dropout', file.attention_dropout, '0');
  const partial = file.rope_parameters?.partial_rotary_factor ?? file.partial_rotary_factor ?? 1;
  if (partial !== 1) throw unsupported(path, 'partial_rotary_factor', partial, '1');
}

/** The error for an option that would change the computation. */
export function unsupported(path: string, field: string, value: unknown, expected: string): AlpacaError {
  return refused(
    path,
    `${field} is ${JSON.stringify(value)}, which is not supported`,
    `Expected ${expected}.`,
  );
}

/** The error for a config.json that this model cannot be made of. */
export function refused(
  path: string,
  reason: string,
  remedy = 'Check the file, or use another base model.',
): AlpacaError {
  return new AlpacaError('InvalidInput', `${path}: ${reason}.`, { remedy });
}
