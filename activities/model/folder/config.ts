import { type Architecture, PLAIN_LLAMA, type RopeScaling, type Variant } from '../families/architecture.ts';
import { FAMILIES, type Family, familyOf } from '../families/families.ts';
import { MOST } from './bounds.ts';
import { type ConfigFile, configFile, namesInConfig, refused, refuseUnsupported } from './config-file.ts';

/** A decoder of the Llama kind: what it computes follows from the fields of its architecture. */
export interface LlamaConfig extends Architecture {
  /** by whose name the model is written */
  family: Family;
}

/** The precision that a model folder's weights are written in. */
export type WeightsDtype = 'float32' | 'float16' | 'bfloat16';

/**
 * Reads what config.json says. Architectures and options that this model does not compute are refused by
 * name rather than ignored, since a wrong answer would be silent.
 *
 * @throws AlpacaError InvalidInput
 */
export function parseConfig(json: unknown, path: string): LlamaConfig {
  const named = namesInConfig.safeParse(json).data;
  // Before any field: another architecture has other names for its sizes.
  if (named?.architectures?.length || named?.model_type !== undefined) familyOf(named, path);
  const checked = configFile.safeParse(json);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw refused(path, `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'wrong shape'}`);
  }
  const family = familyOf(checked.data, path);
  const { defaults, variant } = FAMILIES[family];
  const file = { ...defaults, ...checked.data };
  refuseUnsupported(file, path);
  const config: LlamaConfig = { family, ...sizesOf(file, path), ...PLAIN_LLAMA, ...variant(file, path) };
  const parameters = countParameters(config);
  if (parameters > MOST.parameters)
    throw refused(path, `it describes ${parameters} parameters; models of up to ${MOST.parameters} are read`);
  return config;
}

function sizesOf(file: ConfigFile, path: string): Omit<Architecture, keyof Variant> {
  const headSize = file.head_dim ?? file.hidden_size / file.num_attention_heads;
  const keyValueHeads = file.num_key_value_heads ?? file.num_attention_heads;
  if (!Number.isInteger(headSize) || headSize % 2 !== 0)
    throw refused(
      path,
      `hidden_size / num_attention_heads is ${headSize}; rotary embeddings need an even head size`,
    );
  if (file.num_attention_heads % keyValueHeads !== 0)
    throw refused(
      path,
      `num_attention_heads ${file.num_attention_heads} is no multiple of num_key_value_heads ${keyValueHeads}`,
    );
  return {
    vocabSize: file.vocab_size,
    hiddenSize: file.hidden_size,
    intermediateSize: file.intermediate_size,
    layers: file.num_hidden_layers,
    heads: file.num_attention_heads,
    keyValueHeads,
    headSize,
    maxPositions: file.max_position_embeddings,
    ropeTheta: file.rope_parameters?.rope_theta ?? file.rope_theta ?? 10_000,
    ropeScaling: parseRope(file, path),
    normEpsilon: file.rms_norm_eps ?? 1e-6,
    tieEmbeddings: file.tie_word_embeddings ?? false,
  };
}

/**
 * The config.json to write for a model: the original's fields are kept (rotary settings, token ids, what
 * other tools put there), and those that training can change are set.
 *
 * @param original what the base model's config.json held; null for a model that has none
 */
export function formatConfig(
  config: LlamaConfig,
  original: Record<string, unknown> | null,
  dtype: WeightsDtype = 'float32',
): Record<string, unknown> {
  const { family } = config;
  const base = original ?? {
    architectures: [FAMILIES[family].architecture],
    model_type: family,
    hidden_act: 'silu',
    initializer_range: 0.02,
    use_cache: true,
    rope_theta: config.ropeTheta,
    rope_scaling: formatRope(config.ropeScaling),
    ...FAMILIES[family].fields(config),
  };
  const dtypeField = 'dtype' in base ? 'dtype' : 'torch_dtype';
  return {
    ...base,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.headSize,
    max_position_embeddings: config.maxPositions,
    rms_norm_eps: config.normEpsilon,
    tie_word_embeddings: config.tieEmbeddings,
    [dtypeField]: dtype,
  };
}

export const EMBEDDING = 'model.embed_tokens.weight';
/** absent where the embedding serves as the head */
export const HEAD = 'lm_head.weight';
export const FINAL_NORM = 'model.norm.weight';

/** Every tensor of the model by its Hugging Face name; matrices are [out, in]. A tied head has no tensor. */
export function parameterShapes(config: LlamaConfig): Map<string, number[]> {
  const { hiddenSize: hidden, intermediateSize: wide, vocabSize } = config;
  const queries = config.heads * config.headSize;
  const keys = config.keyValueHeads * config.headSize;
  const shapes = new Map<string, number[]>();
  const linear = (name: string, out: number, input: number, bias: boolean) => {
    shapes.set(`${name}.weight`, [out, input]);
    if (bias) shapes.set(`${name}.bias`, [out]);
  };
  shapes.set(EMBEDDING, [vocabSize, hidden]);
  for (let layer = 0; layer < config.layers; layer += 1) {
    const name = `model.layers.${layer}`;
    const { attentionNormName, mlpNormName } = normNames(config, layer);
    shapes.set(attentionNormName, [hidden]);
    linear(`${name}.self_attn.q_proj`, queries, hidden, config.attentionBias);
    linear(`${name}.self_attn.k_proj`, keys, hidden, config.attentionBias);
    linear(`${name}.self_attn.v_proj`, keys, hidden, config.attentionBias);
    linear(`${name}.self_attn.o_proj`, hidden, queries, config.attentionOutputBias);
    if (config.queryKeyNorm !== null) {
      const isOfHead = config.queryKeyNorm === 'head';
      shapes.set(`${name}.self_attn.q_norm.weight`, [isOfHead ? config.headSize : queries]);
      shapes.set(`${name}.self_attn.k_norm.weight`, [isOfHead ? config.headSize : keys]);
    }
    shapes.set(mlpNormName, [hidden]);
    linear(`${name}.mlp.gate_proj`, wide, hidden, config.mlpBias);
    linear(`${name}.mlp.up_proj`, wide, hidden, config.mlpBias);
    linear(`${name}.mlp.down_proj`, hidden, wide, config.mlpBias);
  }
  shapes.set(FINAL_NORM, [hidden]);
  if (!config.tieEmbeddings) shapes.set(HEAD, [vocabSize, hidden]);
  return shapes;
}

/** The norms of a layer's attention and of its feed-forward. */
export function normNames({ normsAfter }: LlamaConfig, layer: number) {
  const [attention, mlp] = normsAfter
    ? ['post_attention_layernorm', 'post_feedforward_layernorm']
    : ['input_layernorm', 'post_attention_layernorm'];
  const name = `model.layers.${layer}`;
  return { attentionNormName: `${name}.${attention}.weight`, mlpNormName: `${name}.${mlp}.weight` };
}

/** The number of trained values; a tied head counts once. */
export function countParameters(config: LlamaConfig): number {
  let count = 0;
  for (const shape of parameterShapes(config).values()) count += elementCount(shape);
  return count;
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** `transformers` 5 keeps all rotary settings in `rope_parameters`, 4 in `rope_theta` and `rope_scaling`. */
/** Qwen's and others' are trained without, and stretched by whoever adds the field. */
const YARN =
  ' Where the field was added to stretch a trained model, the model without it is whole: take it out of config.json, and set max_position_embeddings to its original_max_position_embeddings.';

function parseRope(file: ConfigFile, path: string): RopeScaling | null {
  const settings = file.rope_parameters ?? file.rope_scaling;
  const type = settings?.rope_type ?? settings?.type ?? 'default';
  if (!settings || type === 'default') return null;
  const field = file.rope_parameters ? 'rope_parameters' : 'rope_scaling';
  const required = (name: 'factor' | 'low_freq_factor' | 'high_freq_factor'): number => {
    const value = settings[name];
    if (value == null) throw refused(path, `${field}.${name} is missing, which the type ${type} needs`);
    return value;
  };
  const originalMaxPositions = settings.original_max_position_embeddings ?? file.max_position_embeddings;
  if (type === 'linear') return { type, factor: required('factor') };
  if (type === 'dynamic') return { type, factor: required('factor'), originalMaxPositions };
  if (type === 'llama3') {
    return {
      type,
      factor: required('factor'),
      lowFrequencyFactor: required('low_freq_factor'),
      highFrequencyFactor: required('high_freq_factor'),
      originalMaxPositions,
    };
  }
  throw refused(
    path,
    `${field} has the type ${type}, which is not supported`,
    `Expected default, linear, dynamic or llama3.${type === 'yarn' ? YARN : ''}`,
  );
}

function formatRope(scaling: RopeScaling | null): Record<string, unknown> | null {
  if (scaling === null) return null;
  return {
    rope_type: scaling.type,
    factor: scaling.factor,
    ...('originalMaxPositions' in scaling
      ? { original_max_position_embeddings: scaling.originalMaxPositions }
      : {}),
    ...(scaling.type === 'llama3'
      ? { low_freq_factor: scaling.lowFrequencyFactor, high_freq_factor: scaling.highFrequencyFactor }
      : {}),
  };
}
