import { add, addAll, cast, sum } from '../kernels/operations.ts';
import { matmul } from '../kernels/products.ts';
import { scope, type Tensor } from '../kernels/tensor.ts';
import { type AdapterActivations, adapter, adapterBackward, addAdapterGradients } from './adapter.ts';
import type { Gradients } from './gradients.ts';
import type { Weights } from './weights.ts';

/**
 * y = x W^T + b, for the layer called `name`. It has a bias, or an adapter, where the weights have one.
 *
 * @param x [tokens, in]
 * @returns y [tokens, out], both in the dtype that matrix products are computed in; and what the adapter's
 *   backward pass needs
 */
export function linear(
  x: Tensor,
  weights: Weights,
  name: string,
): { y: Tensor; saved: AdapterActivations | null } {
  return scope(() => {
    const product = matmul(x, weights.get(`${name}.weight`), { transposeB: true });
    const bias = weights.find(`${name}.bias`);
    const y = bias ? add(product, cast(bias, product.dtype)) : product;
    const adapted = adapter(x, weights, name);
    return adapted ? { y: add(y, adapted.y), saved: adapted.saved } : { y, saved: null };
  });
}

/** A linear layer on its way back. */
export interface LinearBackward {
  /** makes the gradient of the output [tokens, out]; called only where it is needed */
  dy: () => Tensor;
  saved: AdapterActivations | null;
  name: string;
}

/**
 * Returns dx = dy W, and the adapter's part of it. Of what is trained it adds the gradients: dW = dy^T x,
 * db = sum(dy), and those of the adapter. A frozen layer costs one product.
 *
 * @param dy [tokens, out]
 */
export function linearBackward(
  dy: Tensor,
  x: Tensor,
  saved: AdapterActivations | null,
  weights: Weights,
  gradients: Gradients,
  name: string,
): Tensor {
  return scope(() => {
    addOwnGradients(dy, x, weights, gradients, name);
    const dx = matmul(dy, weights.get(`${name}.weight`));
    return saved ? add(dx, adapterBackward(dy, x, saved, weights, gradients, name)) : dx;
  });
}

/** The backward pass of several layers over one input: the gradients of the input add up. */
export function linearsBackward(
  layers: readonly LinearBackward[],
  x: Tensor,
  weights: Weights,
  gradients: Gradients,
): Tensor {
  return scope(() =>
    addAll(layers.map(({ dy, saved, name }) => linearBackward(dy(), x, saved, weights, gradients, name))),
  );
}

/** The same where nothing below the input is trained: adds the gradients, and computes no dx. */
export function linearsBackwardAtBottom(
  layers: readonly LinearBackward[],
  x: Tensor,
  weights: Weights,
  gradients: Gradients,
): void {
  for (const { dy: gradientOfOutput, saved, name } of layers) {
    if (!saved && !weights.isTrained(`${name}.weight`)) continue;
    scope(() => {
      const dy = gradientOfOutput();
      addOwnGradients(dy, x, weights, gradients, name);
      if (saved) addAdapterGradients(dy, x, saved, weights, gradients, name);
    });
  }
}

function addOwnGradients(dy: Tensor, x: Tensor, weights: Weights, gradients: Gradients, name: string): void {
  scope(() => {
    if (weights.isTrained(`${name}.weight`))
      gradients.add(`${name}.weight`, cast(matmul(dy, x, { transposeA: true }), 'float32'));
    if (weights.isTrained(`${name}.bias`)) gradients.add(`${name}.bias`, sum(cast(dy, 'float32'), 0));
  });
}
