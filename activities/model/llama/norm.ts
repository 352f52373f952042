import {
  add,
  mean,
  multiply,
  reciprocalSquareRoot,
  reshape,
  square,
  subtract,
  sum,
} from '../kernels/operations.ts';
import { matmul } from '../kernels/products.ts';
import { scalar, scope, type Tensor } from '../kernels/tensor.ts';
import type { Gradients } from './gradients.ts';
import type { Weights } from './weights.ts';

/**
 * RMSNorm (Zhang and Sennrich, 2019), always in f32: y = w * x / sqrt(mean(x^2) + epsilon) over the last
 * axis of x [tokens, hidden].
 */
export interface NormActivations {
  /** x / rms(x) [tokens, hidden] */
  normalized: Tensor;
  /** 1 / rms(x) [tokens, 1] */
  inverseRms: Tensor;
}

export function rmsNorm(
  x: Tensor,
  weights: Weights,
  name: string,
  epsilon: number,
): { y: Tensor; saved: NormActivations } {
  return scope(() => {
    const inverseRms = reciprocalSquareRoot(add(mean(square(x), -1, true), scalar(epsilon)));
    const normalized = multiply(x, inverseRms);
    return { y: multiply(normalized, weights.get(name)), saved: { normalized, inverseRms } };
  });
}

/**
 * With n = x / rms(x): dw = sum(dy * n), dx = (dy * w - n * mean(dy * w * n)) / rms(x). The mean is taken as
 * the product of the matrix dy * n with w, which is in memory already.
 */
export function rmsNormBackward(
  dy: Tensor,
  { normalized, inverseRms }: NormActivations,
  weights: Weights,
  gradients: Gradients,
  name: string,
): Tensor {
  return scope(() => {
    const weight = weights.get(name);
    const dWeight = multiply(dy, normalized);
    if (weights.isTrained(name)) gradients.add(name, sum(dWeight, 0));
    const width = weight.shape[0] ?? 0;
    const along = multiply(matmul(dWeight, reshape(weight, [width, 1])), scalar(1 / width));
    return multiply(subtract(multiply(dy, weight), multiply(normalized, along)), inverseRms);
  });
}
