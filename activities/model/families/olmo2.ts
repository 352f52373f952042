import { type FamilyDeclaration, LLAMA_GGUF, lacksBiases, llamaBiases, refuseLayerTypes } from './family.ts';

/** OLMo 2: norms behind attention and feed-forward, and on all heads of the queries, and of the keys, at once. */
export const olmo2: FamilyDeclaration = {
  architecture: 'Olmo2ForCausalLM',
  defaults: { rms_norm_eps: 1e-5 },
  variant(file, path) {
    refuseLayerTypes(file, path);
    return { ...llamaBiases({ ...file, mlp_bias: false }), queryKeyNorm: 'all', normsAfter: true };
  },
  fields: ({ attentionBias }) => ({ attention_bias: attentionBias }),
  gguf: {
    ...LLAMA_GGUF,
    architecture: 'olmo2',
    turnsNeighbours: false,
    takesRopeTable: false,
    fields: () => ({}),
    lacks(architecture) {
      const { heads, headSize, hiddenSize, tieEmbeddings } = architecture;
      if (heads * headSize !== hiddenSize) return 'heads of a size of their own';
      return tieEmbeddings ? 'a head that is the embedding itself' : lacksBiases(architecture);
    },
  },
};
