import {
  type FamilyDeclaration,
  LLAMA_GGUF,
  llamaBiases,
  llamaBiasFields,
  refuseLayerTypes,
} from './family.ts';

/** Granite, dense: a Llama with four multipliers. */
export const granite: FamilyDeclaration = {
  architecture: 'GraniteForCausalLM',
  defaults: {},
  variant(file, path) {
    refuseLayerTypes(file, path);
    return {
      ...llamaBiases(file),
      embeddingMultiplier: file.embedding_multiplier ?? 1,
      attentionMultiplier: file.attention_multiplier ?? 1,
      residualMultiplier: file.residual_multiplier ?? 1,
      logitsDivisor: file.logits_scaling ?? 1,
    };
  },
  fields: (architecture) => ({
    ...llamaBiasFields(architecture),
    embedding_multiplier: architecture.embeddingMultiplier,
    attention_multiplier: architecture.attentionMultiplier,
    residual_multiplier: architecture.residualMultiplier,
    logits_scaling: architecture.logitsDivisor,
  }),
  gguf: {
    ...LLAMA_GGUF,
    architecture: 'granite',
    metadata: ({ embeddingMultiplier, attentionMultiplier, residualMultiplier, logitsDivisor }) => ({
      embedding_scale: embeddingMultiplier,
      'attention.scale': attentionMultiplier ?? 1,
      residual_scale: residualMultiplier,
      logit_scale: logitsDivisor,
    }),
    fields: (file) => ({
      ...LLAMA_GGUF.fields(file),
      embedding_multiplier: file.number('embedding_scale') ?? 1,
      // llama.cpp divides by the root of the head size where a file has none, or 0.
      attention_multiplier: file.number('attention.scale') || 1 / Math.sqrt(file.headSize),
      residual_multiplier: file.number('residual_scale') ?? 1,
      logits_scaling: file.number('logit_scale') ?? 1,
    }),
  },
};
