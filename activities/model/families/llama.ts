import {
  type FamilyDeclaration,
  LLAMA_GGUF,
  llamaBiases,
  llamaBiasFields,
  refuseLayerTypes,
} from './family.ts';

/** Llama 1 to 3.2, and what has its form: SmolLM, TinyLlama, Yi, DeepSeek LLM. */
export const llama: FamilyDeclaration = {
  architecture: 'LlamaForCausalLM',
  defaults: {},
  variant(file, path) {
    refuseLayerTypes(file, path);
    return llamaBiases(file);
  },
  fields: llamaBiasFields,
  gguf: LLAMA_GGUF,
};
