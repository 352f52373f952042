import { add, addAll, cast, matmul, sum } from '../kernels/operations.ts';
import { scope, type Tensor } from '../kernels/tensor.ts';
import type { Gradients } from './gradients.ts';
import { type Weights, weightOf } from './parameters.ts';

/**
 * y = x W^T + b, for the layer called `name`; it has a bias where the weights have one.
 *
 * @param x [tokens, in]
 * @returns [tokens, out], both in the dtype that matrix products are computed in
 */
export function linear(x: Tensor, weights: Weights, name: string): Tensor {
  return scope(() => {
    const y = matmul(x, weightOf(weights, `${name}.weight`), { transposeB: true });
    const bias = weights.get(`${name}.bias`);
    return bias ? add(y, cast(bias, y.dtype)) : y;
  });
}

/**
 * Adds dW = dy^T x and db = sum(dy) to the gradients and returns dx = dy W.
 *
 * @param dy [tokens, out]
 */
export function linearBackward(
  dy: Tensor,
  x: Tensor,
  weights: Weights,
  gradients: Gradients,
  name: string,
): Tensor {
  return scope(() => {
    gradients.add(`${name}.weight`, cast(matmul(dy, x, { transposeA: true }), 'float32'));
    if (weights.has(`${name}.bias`)) gradients.add(`${name}.bias`, sum(cast(dy, 'float32'), 0));
    return matmul(dy, weightOf(weights, `${name}.weight`));
  });
}

/** The backward pass of several layers over one input: the gradients of the input add up. */
export function linearsBackward(
  layers: readonly { dy: Tensor; name: string }[],
  x: Tensor,
  weights: Weights,
  gradients: Gradients,
): Tensor {
  return scope(() => addAll(layers.map(({ dy, name }) => linearBackward(dy, x, weights, gradients, name))));
}
