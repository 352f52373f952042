import { nameOfA, nameOfB } from '../adapter/lora.ts';
import { cast, multiply, select } from '../kernels/operations.ts';
import { matmul } from '../kernels/products.ts';
import { type DType, scalar, scope, type Tensor } from '../kernels/tensor.ts';
import { dropoutMask } from './dropout.ts';
import type { Gradients } from './gradients.ts';
import type { Weights } from './weights.ts';

/** What an adapter's forward pass leaves for its backward pass: a byte an input, and `rank` values a token. */
export interface AdapterActivations {
  /** bool [tokens, in], true where an input stayed; null without dropout */
  mask: Tensor | null;
  /** scale / (1 - rate) * dropped(x) A^T [tokens, rank] */
  projected: Tensor;
}

/**
 * y = scale * dropout(x) A^T B^T, what the adapter of the layer `name` adds to it; null where it has none.
 *
 * @param x [tokens, in]
 * @returns [tokens, out]
 */
export function adapter(
  x: Tensor,
  weights: Weights,
  name: string,
): { y: Tensor; saved: AdapterActivations } | null {
  const a = weights.find(nameOfA(name));
  const b = weights.find(nameOfB(name));
  if (!a || !b) return null;
  return scope(() => {
    const mask = weights.dropout && dropoutMask(x.shape, weights.dropout, name);
    const rows = matmul(dropped(x, mask), a, { transposeB: true });
    // The scale is applied where the tensors are thinnest, and 1/(1 - rate) with it.
    const projected = multiply(rows, scaleOf(weights, name, x.dtype));
    return { y: matmul(projected, b, { transposeB: true }), saved: { mask, projected } };
  });
}

/** Adds dA and dB to the gradients, and returns what the adapter adds to dx. */
export function adapterBackward(
  dy: Tensor,
  x: Tensor,
  saved: AdapterActivations,
  weights: Weights,
  gradients: Gradients,
  name: string,
): Tensor {
  return scope(() => {
    const dProjected = addAdapterGradients(dy, x, saved, weights, gradients, name);
    return dropped(matmul(dProjected, weights.get(nameOfA(name))), saved.mask);
  });
}

/** Adds dA and dB to the gradients, and returns that of dropout(x) A^T [tokens, rank]. */
export function addAdapterGradients(
  dy: Tensor,
  x: Tensor,
  { mask, projected }: AdapterActivations,
  weights: Weights,
  gradients: Gradients,
  name: string,
): Tensor {
  return scope(() => {
    gradients.add(nameOfB(name), cast(matmul(dy, projected, { transposeA: true }), 'float32'));
    const dProjected = multiply(matmul(dy, weights.get(nameOfB(name))), scaleOf(weights, name, dy.dtype));
    gradients.add(nameOfA(name), cast(matmul(dProjected, dropped(x, mask), { transposeA: true }), 'float32'));
    return dProjected;
  });
}

/** Zero where the mask is false; what stays is not yet divided by 1 - rate. */
function dropped(x: Tensor, mask: Tensor | null): Tensor {
  return mask ? scope(() => select(mask, x, cast(scalar(0), x.dtype))) : x;
}

function scaleOf(weights: Weights, name: string, dtype: DType): Tensor {
  return scope(() => cast(scalar(weights.adapterScale(name) / (1 - (weights.dropout?.rate ?? 0))), dtype));
}
