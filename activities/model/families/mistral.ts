import { type FamilyDeclaration, LLAMA_GGUF, refuseLayerTypes, slidingWindow } from './family.ts';

/** A Llama whose tokens may see a window of those before them, in every layer. */
export const mistral: FamilyDeclaration = {
  architecture: 'MistralForCausalLM',
  defaults: { num_key_value_heads: 8, sliding_window: 4096 },
  variant(file, path) {
    refuseLayerTypes(file, path);
    const isWindowed = () => file.sliding_window !== null;
    return { window: slidingWindow({ ...file, layer_types: null }, path, isWindowed) };
  },
  fields: ({ window }) => ({ sliding_window: window?.tokens ?? null }),
  gguf: LLAMA_GGUF,
};
