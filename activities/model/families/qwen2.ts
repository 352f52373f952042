import { type ConfigFile, unsupported } from '../folder/config-file.ts';
import { type FamilyDeclaration, LLAMA_GGUF, slidingWindow, windowFields } from './family.ts';

/** Qwen2 and Qwen2.5: biases on queries, keys and values. */
export const qwen2: FamilyDeclaration = {
  architecture: 'Qwen2ForCausalLM',
  defaults: { num_key_value_heads: 32 },
  variant: (file, path) => ({ attentionBias: true, window: qwenWindow(file, path) }),
  fields: windowFields,
  gguf: {
    ...LLAMA_GGUF,
    architecture: 'qwen2',
    turnsNeighbours: false,
    takesRopeTable: false,
    fields: () => ({}),
    lacks: ({ heads, headSize, hiddenSize }) =>
      heads * headSize === hiddenSize ? null : 'heads of a size of their own',
  },
};

/** The layers from `max_window_layers` on, if `use_sliding_window` says so. */
export function qwenWindow(file: ConfigFile, path: string) {
  const { use_sliding_window: uses = false, max_window_layers: from = 28, layer_types: types } = file;
  if (!uses && types?.includes('sliding_attention'))
    throw unsupported(path, 'use_sliding_window', false, 'true, or "full_attention" in every layer');
  const tokens = file.sliding_window === undefined ? 4096 : file.sliding_window;
  const isWindowed = (layer: number) => uses && tokens !== null && layer >= from;
  return slidingWindow({ ...file, sliding_window: tokens }, path, isWindowed);
}
