import { type ConfigFile, unsupported } from '../folder/config-file.ts';
import type { Architecture, Variant } from './architecture.ts';

/** What there is to know of a family of models: one file declares each, and families.ts lists them. */
export interface FamilyDeclaration {
  /** the name that config.json's `architectures` goes by */
  architecture: string;
  /** what transformers takes where config.json says nothing, if it is not what it takes for a Llama */
  defaults: Partial<ConfigFile>;
  /**
   * In what it differs from a plain Llama, by its config.json.
   *
   * @throws AlpacaError InvalidInput naming an option that is not computed here
   */
  variant(file: ConfigFile, path: string): Partial<Variant>;
  /** the fields of config.json, beside those that all families have, that `variant` reads the same from */
  fields(architecture: Architecture): Record<string, unknown>;
  gguf: GgufForm;
}

/** How llama.cpp takes a family. */
export interface GgufForm {
  /** its name of the architecture */
  architecture: string;
  /** it turns neighbours of a head together, for which rows of queries and keys lie in another order */
  turnsNeighbours: boolean;
  /** it takes Llama 3's rotary scaling, as a table */
  takesRopeTable: boolean;
  /** what it does not compute of an architecture; null where it computes all of it */
  lacks(architecture: Architecture): string | null;
  /** real numbers of its metadata by key, without the architecture's name before it */
  metadata(architecture: Architecture): Readonly<Record<string, number>>;
  /** the fields of config.json, beside those that all families have, that a file gives back */
  fields(file: GgufFacts): Record<string, unknown>;
}

interface GgufFacts {
  headSize: number;
  /** of its metadata, by key without the architecture's name; null where there is none */
  number(key: string): number | null;
  /** @param tensor by llama.cpp's name in a layer, as `attn_q.bias` */
  hasInLayer(tensor: string): boolean;
}

/** As llama.cpp takes a Llama. */
export const LLAMA_GGUF: GgufForm = {
  architecture: 'llama',
  turnsNeighbours: true,
  takesRopeTable: true,
  lacks: () => null,
  metadata: () => ({}),
  fields: ({ hasInLayer }) => ({
    attention_bias: hasInLayer('attn_q.bias'),
    mlp_bias: hasInLayer('ffn_up.bias'),
  }),
};

/** Of a family that llama.cpp computes without biases. */
export function lacksBiases({ attentionBias, mlpBias }: Architecture): string | null {
  return attentionBias || mlpBias ? 'biases' : null;
}

/** Biases as a Llama's config.json says them. */
export function llamaBiases({ attention_bias: attention, mlp_bias: mlp }: ConfigFile) {
  return {
    attentionBias: attention ?? false,
    attentionOutputBias: attention ?? false,
    mlpBias: mlp ?? false,
  };
}

export function llamaBiasFields({ attentionBias, mlpBias }: Architecture): Record<string, unknown> {
  return { attention_bias: attentionBias, mlp_bias: mlpBias };
}

/**
 * The window of the layers that `layer_types` names, or that `isWindowed` where there are no layer types; null where no row gets so
 * long that it matters.
 *
 * @throws AlpacaError InvalidInput for layers of another type
 */
export function slidingWindow(
  file: ConfigFile,
  path: string,
  isWindowed: (layer: number) => boolean,
): Variant['window'] {
  const { layer_types: types, sliding_window: tokens } = file;
  const other = types?.find((type) => type !== 'full_attention' && type !== 'sliding_attention');
  if (other !== undefined)
    throw unsupported(path, 'layer_types', other, '"full_attention" and "sliding_attention"');
  const layers = layersOf(file).filter((layer) =>
    types ? types[layer] === 'sliding_attention' : isWindowed(layer),
  );
  if (layers.length === 0) return null;
  if (tokens == null)
    throw unsupported(path, 'sliding_window', tokens ?? null, 'the number of tokens that a token sees');
  return tokens < file.max_position_embeddings ? { tokens, layers } : null;
}

/** Layer types that say the same again. */
export function windowFields({ window, layers }: Architecture): Record<string, unknown> {
  if (window === null) return {};
  return {
    use_sliding_window: true,
    sliding_window: window.tokens,
    layer_types: Array.from({ length: layers }, (_, layer) =>
      window.layers.includes(layer) ? 'sliding_attention' : 'full_attention',
    ),
  };
}

/** @throws AlpacaError InvalidInput where a family without layer types is given windowed ones */
export function refuseLayerTypes({ layer_types: types }: ConfigFile, path: string): void {
  const other = types?.find((type) => type !== 'full_attention');
  if (other !== undefined) throw unsupported(path, 'layer_types', other, '"full_attention" in every layer');
}

export function layersOf({ num_hidden_layers: layers }: ConfigFile): number[] {
  return Array.from({ length: layers }, (_, layer) => layer);
}
