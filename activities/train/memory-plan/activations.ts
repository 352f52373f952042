import { adaptedLayers, type LoraConfig, type TargetModule } from '../../model/adapter/lora.ts';
import type { LlamaConfig } from '../../model/folder/config.ts';
import { windowOf, windowsOf } from '../../model/llama/attention/positions.ts';
import { chunkRanges } from '../../model/llama/attention/query-chunks.ts';

/** The largest micro-batch of a run. */
export interface MicroBatchShape {
  rows: number;
  /** times in each row */
  length: number;
  /** tokens whose next one is predicted, at most rows * length */
  targets: number;
  /** rows hold several examples */
  packed: boolean;
}

export interface PassSizes {
  config: LlamaConfig;
  lora: LoraConfig | null;
  microBatch: MicroBatchShape;
  /** bytes of a value in the compute dtype */
  computeBytes: 2 | 4;
  /** a graph keeps nothing that is not used any more; operation by operation, a layer's inputs are kept */
  byGraph: boolean;
}

const FLOAT = 4;

/** Bytes that a decoder layer's forward pass saves for its backward pass: the tensors of LayerActivations. */
export function savedByLayer(sizes: PassSizes, layer: number): number {
  const { config, lora, microBatch, computeBytes, byGraph } = sizes;
  const tokens = microBatch.rows * microBatch.length;
  const { hiddenSize, intermediateSize, heads, keyValueHeads, headSize } = config;
  const norms = 2 * tokens * (hiddenSize + 1) * FLOAT;
  // Frozen layers without an adapter have no use for their inputs.
  const uses = (...targets: TargetModule[]) =>
    !byGraph || !lora || targets.some((target) => lora.targets.includes(target)) ? 1 : 0;
  const inputs =
    (uses('q_proj', 'k_proj', 'v_proj') + uses('gate_proj', 'up_proj')) * tokens * hiddenSize * computeBytes;
  // queries and merged; keys and values
  const perHead = tokens * headSize * (2 * heads + 2 * keyValueHeads) * computeBytes;
  const mlp = (4 + uses('down_proj')) * tokens * intermediateSize * computeBytes;
  const scores = microBatch.rows * heads * pairsOf(microBatch.length, windowOf(config, layer)) * computeBytes;
  return norms + normsOfHeads(sizes) + inputs + perHead + scores + mlp + savedByAdapters(sizes, layer);
}

/**
 * Bytes of what a layer's backward pass makes beside the gradients of weights, at its largest moment: in the
 * feed-forward, while all that the layer saved is there, or in the attention after the feed-forward's is freed.
 */
export function madeByLayerBackward(sizes: PassSizes): number {
  const { config, microBatch, computeBytes } = sizes;
  const tokens = microBatch.rows * microBatch.length;
  const { hiddenSize, intermediateSize, heads, keyValueHeads, headSize } = config;
  const residual = 2 * tokens * hiddenSize * FLOAT;
  // dProduct, the slope, dActivated, dGate and dUp; dx of gate and up comes when three of them are freed
  const mlp = tokens * Math.max(5 * intermediateSize, 2 * intermediateSize + 3 * hiddenSize) * computeBytes;
  const chunks = chunkRanges(microBatch.length);
  const ranges = [...windowsOf(config)].flatMap((window) => chunkRanges(microBatch.length, window));
  const largest = Math.max(...ranges.map(({ start, end, keysFrom }) => (end - start) * (end - keysFrom)));
  const chunkScores = 3 * microBatch.rows * heads * largest * computeBytes;
  const perChunk = 2 * chunks.length * keyValueHeads;
  const perHead = tokens * headSize * (6 * heads + 6 * keyValueHeads + perChunk) * computeBytes;
  const attention = chunkScores + perHead - 5 * tokens * intermediateSize * computeBytes;
  return residual + Math.max(mlp, attention);
}

/**
 * Bytes around the head: the logits and their gradient, which in bf16 is copied when the logits are gone. A
 * cross-entropy that is composed of operations makes two more of their size.
 */
export function madeByHead({ config, microBatch, computeBytes, byGraph }: PassSizes): number {
  const logits = microBatch.targets * config.vocabSize;
  const inputs = microBatch.targets * config.hiddenSize * (2 * FLOAT + 2 * computeBytes);
  return (byGraph ? 2 : 4) * logits * FLOAT + inputs;
}

/** Pairs of a query and a key whose score is computed, in a row and head; packed rows have fewer. */
export function pairsOf(length: number, window: number | null): number {
  return chunkRanges(length, window).reduce(
    (sum, { start, end, keysFrom }) => sum + (end - start) * (end - keysFrom),
    0,
  );
}

/** What norms of queries and keys keep, in f32, as those of the residual stream do. */
function normsOfHeads({ config, microBatch }: PassSizes): number {
  const { queryKeyNorm, heads, keyValueHeads, headSize } = config;
  if (queryKeyNorm === null) return 0;
  const vectors = queryKeyNorm === 'head' ? heads + keyValueHeads : 2;
  return microBatch.rows * microBatch.length * ((heads + keyValueHeads) * headSize + vectors) * FLOAT;
}

function savedByAdapters({ config, lora, microBatch, computeBytes }: PassSizes, layer: number): number {
  if (!lora) return 0;
  const tokens = microBatch.rows * microBatch.length;
  return adaptedLayers(config, lora)
    .filter(({ name }) => name.startsWith(`model.layers.${layer}.`))
    .reduce(
      (sum, { rank, input }) => sum + tokens * (rank * computeBytes + (lora.dropout > 0 ? input : 0)),
      0,
    );
}
