import type { LlamaConfig } from '../../folder/config.ts';
import { cast, reshape } from '../../kernels/operations.ts';
import { scope, type Tensor } from '../../kernels/tensor.ts';
import type { Gradients } from '../gradients.ts';
import { type NormActivations, rmsNorm, rmsNormBackward } from '../norm.ts';
import type { Weights } from '../weights.ts';

/**
 * The norm of queries, or of keys, before they are turned: over each head where the weight `name` is of a head's size, over
 * all heads at once where it is of all; x itself where the model has no such norm.
 *
 * @param x [tokens, heads * headSize] in the compute dtype; the norm is in f32
 */
export function normHeads(
  x: Tensor,
  weights: Weights,
  name: string,
  { queryKeyNorm, normEpsilon }: Pick<LlamaConfig, 'queryKeyNorm' | 'normEpsilon'>,
): { y: Tensor; saved: NormActivations | null } {
  if (queryKeyNorm === null) return { y: x, saved: null };
  return scope(() => {
    const rows = reshape(cast(x, 'float32'), [-1, weights.get(name).shape[0] ?? 0]);
    const { y, saved } = rmsNorm(rows, weights, name, normEpsilon);
    return { y: cast(reshape(y, x.shape), x.dtype), saved };
  });
}

/** The gradient of what the norm took, of the shape and in the dtype of `dy`. */
export function normHeadsBackward(
  dy: Tensor,
  saved: NormActivations | null,
  weights: Weights,
  gradients: Gradients,
  name: string,
): Tensor {
  if (saved === null) return dy;
  return scope(() => {
    const rows = reshape(cast(dy, 'float32'), saved.normalized.shape);
    const dx = rmsNormBackward(rows, saved, weights, gradients, name);
    return cast(reshape(dx, dy.shape), dy.dtype);
  });
}
