import { type FamilyDeclaration, LLAMA_GGUF, lacksBiases, llamaBiases, windowFields } from './family.ts';
import { qwenWindow } from './qwen2.ts';

/** Qwen3, dense: a norm on each head of queries and keys, and heads of a size of their own. */
export const qwen3: FamilyDeclaration = {
  architecture: 'Qwen3ForCausalLM',
  defaults: { num_key_value_heads: 32, head_dim: 128 },
  variant: (file, path) => ({
    ...llamaBiases({ ...file, mlp_bias: false }),
    queryKeyNorm: 'head',
    window: qwenWindow(file, path),
  }),
  fields: (architecture) => ({
    attention_bias: architecture.attentionBias,
    ...windowFields(architecture),
  }),
  gguf: {
    ...LLAMA_GGUF,
    architecture: 'qwen3',
    turnsNeighbours: false,
    takesRopeTable: false,
    fields: () => ({}),
    lacks: lacksBiases,
  },
};
