import { ADDED_EMBEDDING } from '../adapter/lora.ts';
import { EMBEDDING, type LlamaConfig } from '../folder/config.ts';
import { add, cast, concat, gather, scaled, segmentSum, slice } from '../kernels/operations.ts';
import { fromFloats, scope, type Tensor } from '../kernels/tensor.ts';
import type { Gradients } from './gradients.ts';
import type { Weights } from './weights.ts';

/**
 * The residual stream that the layers start from.
 *
 * @param ids int32 [tokens]
 * @returns f32 [tokens, hidden]
 */
export function embed(ids: Tensor, weights: Weights, { embeddingMultiplier }: LlamaConfig): Tensor {
  return scope(() => scaled(rowsOf(ids, weights), embeddingMultiplier));
}

function rowsOf(ids: Tensor, weights: Weights): Tensor {
  return scope(() => {
    const x = cast(gather(weights.get(EMBEDDING), ids), 'float32');
    const { addedRows } = weights;
    if (!addedRows) return x;
    const rows = weights.get(ADDED_EMBEDDING);
    const width = rows.shape[1] ?? 0;
    const none = fromFloats([1, width], new Float32Array(width));
    return add(x, gather(concat([rows, none], 0), gather(addedRows.slots, ids)));
  });
}

/** True where any row of the embedding is trained. */
export function trainsEmbedding(weights: Weights): boolean {
  return weights.isTrained(EMBEDDING) || weights.addedRows !== null;
}

/** Adds the gradients of those rows that are trained: all, those of added tokens, or none. */
export function embedBackward(
  dResidual: Tensor,
  ids: Tensor,
  weights: Weights,
  gradients: Gradients,
  { embeddingMultiplier }: LlamaConfig,
): void {
  scope(() => {
    const dx = scaled(dResidual, embeddingMultiplier);
    if (weights.isTrained(EMBEDDING)) {
      const [vocabSize = 0] = weights.get(EMBEDDING).shape;
      gradients.add(EMBEDDING, segmentSum(dx, ids, vocabSize));
    }
    const { addedRows } = weights;
    if (!addedRows) return;
    const sums = segmentSum(dx, gather(addedRows.slots, ids), addedRows.count + 1);
    gradients.add(ADDED_EMBEDDING, slice(sums, [0, 0], [addedRows.count, -1]));
  });
}
