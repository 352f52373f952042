import { AlpacaError } from '../../../errors.ts';
import { FAMILIES, familyOfGguf, GGUF_ARCHITECTURES } from '../../families/families.ts';
import { whatIsMissing } from '../../families/unsupported.ts';
import { badGguf } from '../format.ts';
import type { StoredTensor } from '../read-file.ts';
import { ROPE_FACTORS } from '../tensor-names.ts';
import { type MetadataReader, shortest } from './metadata-reader.ts';

/**
 * What config.json would say of the model.
 *
 * @param factors the rotary factors where the file has any
 * @throws AlpacaError InvalidInput naming the architecture or the option that is not computed here
 */
export function configOf(
  reader: MetadataReader,
  tensors: readonly StoredTensor[],
  factors: Float32Array | null,
): Record<string, unknown> {
  const architecture = reader.text('general.architecture');
  const family = familyOfGguf(architecture);
  if (family === null) {
    const missing = whatIsMissing(architecture);
    throw unsupported(
      reader.path,
      `the architecture ${architecture}${missing === null ? '' : ` has ${missing}`}`,
      `${GGUF_ARCHITECTURES.join(', ')} are`,
    );
  }
  const of = (key: string) => `${architecture}.${key}`;
  const refuse = (key: string, expected: number | null) => {
    const value = reader.numberOr(of(key), null);
    if (value !== null && value !== expected)
      throw unsupported(reader.path, `${of(key)} ${value}`, `${expected} is`);
  };
  refuse('expert_count', 0);
  const heads = reader.number(of('attention.head_count'));
  const hidden = reader.number(of('embedding_length'));
  const headSize = reader.numberOr(of('attention.key_length'), hidden / heads);
  const positions = reader.number(of('context_length'));
  refuse('attention.value_length', headSize);
  refuse('rope.dimension_count', headSize);
  const window = reader.numberOr(of('attention.sliding_window'), positions);
  if (window < positions) refuse('attention.sliding_window', positions);
  const named = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const embedding = named.get('token_embd.weight');
  if (!embedding) throw badGguf(reader.path, 'it has no token_embd.weight');
  return {
    architectures: [FAMILIES[family].architecture],
    model_type: family,
    hidden_act: 'silu',
    vocab_size: embedding.shape[0],
    hidden_size: hidden,
    intermediate_size: reader.number(of('feed_forward_length')),
    num_hidden_layers: reader.number(of('block_count')),
    num_attention_heads: heads,
    num_key_value_heads: reader.numberOr(of('attention.head_count_kv'), heads),
    head_dim: headSize,
    max_position_embeddings: positions,
    rms_norm_eps: shortest(reader.number(of('attention.layer_norm_rms_epsilon'))),
    rope_theta: shortest(reader.numberOr(of('rope.freq_base'), 10_000)),
    rope_scaling: ropeScaling(reader, of, factors),
    tie_word_embeddings: !named.has('output.weight'),
    ...FAMILIES[family].gguf.fields({
      headSize,
      number(key) {
        const value = reader.numberOr(of(key), null);
        return value === null ? null : shortest(value);
      },
      hasInLayer: (tensor) => named.has(`blk.0.${tensor}`),
    }),
    initializer_range: 0.02,
    use_cache: true,
    bos_token_id: reader.numberOr('tokenizer.ggml.bos_token_id', null),
    eos_token_id: reader.numberOr('tokenizer.ggml.eos_token_id', null),
  };
}

function ropeScaling(
  reader: MetadataReader,
  of: (key: string) => string,
  factors: Float32Array | null,
): Record<string, unknown> | null {
  const type = reader.textOr(of('rope.scaling.type'), 'none');
  if (type === 'linear')
    return { rope_type: type, factor: shortest(reader.number(of('rope.scaling.factor'))) };
  if (type !== 'none') throw unsupported(reader.path, `the rotary scaling ${type}`, 'none and linear are');
  if (factors === null) return null;
  // Files have the table that follows from the settings, and Llama has had these settings alone but for the factor.
  return {
    rope_type: 'llama3',
    factor: shortest(factors.reduce((most, value) => Math.max(most, value), 1)),
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: reader.numberOr(of('rope.scaling.original_context_length'), 8192),
  };
}

/** @param settings what they should be the table of */
export function checkFactors(found: Float32Array, settings: Float32Array | null, path: string): void {
  const isTable =
    settings?.length === found.length &&
    found.every((value, i) => Math.abs(value / (settings[i] ?? 0) - 1) < 1e-4);
  if (!isTable) throw unsupported(path, `its ${ROPE_FACTORS}`, 'the table of Llama 3.1 and later is');
}

function unsupported(path: string, what: string, instead: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${path} is not supported: ${what}; ${instead}.`, {
    remedy: 'Use another model.',
  });
}
