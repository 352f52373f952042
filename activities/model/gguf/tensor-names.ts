import { FAMILIES } from '../families/families.ts';
import { EMBEDDING, FINAL_NORM, HEAD, type LlamaConfig } from '../folder/config.ts';

/** The rotary factors of Llama 3, which llama.cpp takes as a tensor. */
export const ROPE_FACTORS = 'rope_freqs.weight';

const WHOLE: readonly (readonly [string, string])[] = [
  [EMBEDDING, 'token_embd.weight'],
  [FINAL_NORM, 'output_norm.weight'],
  [HEAD, 'output.weight'],
];

/** Of a layer, Hugging Face's name and llama.cpp's. The norms of a layer that has them behind come first. */
const OF_LAYER: readonly (readonly [string, string])[] = [
  ['post_attention_layernorm', 'post_attention_norm'],
  ['post_feedforward_layernorm', 'post_ffw_norm'],
  ['input_layernorm', 'attn_norm'],
  ['self_attn.q_proj', 'attn_q'],
  ['self_attn.k_proj', 'attn_k'],
  ['self_attn.v_proj', 'attn_v'],
  ['self_attn.o_proj', 'attn_output'],
  ['self_attn.q_norm', 'attn_q_norm'],
  ['self_attn.k_norm', 'attn_k_norm'],
  ['post_attention_layernorm', 'ffn_norm'],
  ['mlp.gate_proj', 'ffn_gate'],
  ['mlp.up_proj', 'ffn_up'],
  ['mlp.down_proj', 'ffn_down'],
];

/** llama.cpp's name of a tensor; null where it has none. */
export function ggufName(name: string, { normsAfter }: Pick<LlamaConfig, 'normsAfter'>): string | null {
  const whole = WHOLE.find(([ours]) => ours === name);
  if (whole) return whole[1];
  const [, layer, part, kind] = /^model\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(name) ?? [];
  const theirs = OF_LAYER.slice(normsAfter ? 0 : 2).find(([ours]) => ours === part)?.[1];
  return theirs === undefined ? null : `blk.${layer}.${theirs}.${kind}`;
}

/** Hugging Face's name of a tensor; null where it has none. */
export function hubName(name: string): string | null {
  const whole = WHOLE.find(([, theirs]) => theirs === name);
  if (whole) return whole[0];
  const [, layer, part, kind] = /^blk\.(\d+)\.(\w+)\.(weight|bias)$/.exec(name) ?? [];
  const ours = OF_LAYER.find(([, theirs]) => theirs === part)?.[0];
  return ours === undefined ? null : `model.layers.${layer}.${ours}.${kind}`;
}

/**
 * Heads whose rows are in another order: where llama.cpp rotates neighbours, row 2 i + c of a head is row c halfSize + i
 * of Hugging Face's. Null for a tensor whose rows stay.
 */
export function turnedHeads(name: string, { family, heads, keyValueHeads }: LlamaConfig): number | null {
  if (!FAMILIES[family].gguf.turnsNeighbours) return null;
  if (/\.self_attn\.q_proj\./.test(name)) return heads;
  return /\.self_attn\.k_proj\./.test(name) ? keyValueHeads : null;
}

/**
 * The rows of one head in the order of llama.cpp, or back in that of Hugging Face.
 *
 * @param values of the whole head, row by row
 * @param headSize rows of it
 */
export function turnHead(values: Float32Array, headSize: number, to: 'gguf' | 'hub'): Float32Array {
  const width = values.length / headSize;
  const turned = new Float32Array(values.length);
  for (let row = 0; row < headSize; row += 1) {
    const other = row % 2 === 0 ? row / 2 : (headSize + row - 1) / 2;
    const [from, at] = to === 'gguf' ? [other, row] : [row, other];
    turned.set(values.subarray(from * width, (from + 1) * width), at * width);
  }
  return turned;
}
