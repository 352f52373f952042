/** What a decoder computes: RMSNorm, rotary embeddings, grouped-query attention and SwiGLU, in these sizes and variants. */
export interface Architecture extends Variant {
  vocabSize: number;
  hiddenSize: number;
  /** width of the SwiGLU feed-forward */
  intermediateSize: number;
  layers: number;
  heads: number;
  /** heads of the keys and values; each serves `heads / keyValueHeads` query heads */
  keyValueHeads: number;
  headSize: number;
  maxPositions: number;
  ropeTheta: number;
  ropeScaling: RopeScaling | null;
  normEpsilon: number;
  /** the output head is the embedding matrix itself */
  tieEmbeddings: boolean;
}

/** In what the families differ beside their sizes. */
export interface Variant {
  /** biases on the query, key and value projections */
  attentionBias: boolean;
  /** a bias on the attention's output projection: Llama with attention_bias has it, Qwen2 does not */
  attentionOutputBias: boolean;
  /** biases on the gate, up and down projections */
  mlpBias: boolean;
  /** RMSNorm on queries and keys before they are turned: on each head by itself, or on all heads as one vector */
  queryKeyNorm: 'head' | 'all' | null;
  /** the layers' norms are on what attention and feed-forward give, not on what they take */
  normsAfter: boolean;
  /** in these layers a token sees so many tokens, itself included; null where every token sees all before it */
  window: { tokens: number; layers: readonly number[] } | null;
  /** layers without rotary embeddings */
  unturnedLayers: readonly number[];
  /** what embeddings are multiplied by */
  embeddingMultiplier: number;
  /** what products of queries and keys are multiplied by; null for 1 / sqrt(headSize) */
  attentionMultiplier: number | null;
  /** what attention and feed-forward are multiplied by before they are added to the residual stream */
  residualMultiplier: number;
  /** what logits are divided by */
  logitsDivisor: number;
}

/** How rotary frequencies are stretched beyond the trained length, as `transformers` names them. */
export type RopeScaling =
  | { type: 'linear'; factor: number }
  | { type: 'dynamic'; factor: number; originalMaxPositions: number }
  | {
      type: 'llama3';
      factor: number;
      lowFrequencyFactor: number;
      highFrequencyFactor: number;
      originalMaxPositions: number;
    };

/** A Llama without biases. */
export const PLAIN_LLAMA: Variant = {
  attentionBias: false,
  attentionOutputBias: false,
  mlpBias: false,
  queryKeyNorm: null,
  normsAfter: false,
  window: null,
  unturnedLayers: [],
  embeddingMultiplier: 1,
  attentionMultiplier: null,
  residualMultiplier: 1,
  logitsDivisor: 1,
};
