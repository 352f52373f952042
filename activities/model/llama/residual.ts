import type { LlamaConfig } from '../folder/config.ts';
import { add, cast, identity, scaled } from '../kernels/operations.ts';
import { type ComputeDType, free, scope, type Tensor } from '../kernels/tensor.ts';
import type { Gradients } from './gradients.ts';
import { type NormActivations, rmsNorm, rmsNormBackward } from './norm.ts';
import type { Weights } from './weights.ts';

/**
 * A step of the residual stream, which is f32 [tokens, hidden]: x + m * f(norm(x)), or x + m * norm(f(x)) where norms are
 * behind. f is attention or the feed-forward, which take and give the compute dtype; m is the residual multiplier.
 */
export interface ResidualActivations<Inner> {
  norm: NormActivations;
  /** what f took */
  input: Tensor;
  inner: Inner;
}

interface ResidualShape {
  config: LlamaConfig;
  dtype: ComputeDType;
}

/** @param compute f, and what its backward pass needs */
export function residual<Inner>(
  x: Tensor,
  weights: Weights,
  normName: string,
  { config, dtype }: ResidualShape,
  compute: (input: Tensor) => { y: Tensor; saved: Inner },
): { y: Tensor; saved: ResidualActivations<Inner> } {
  const { normsAfter, normEpsilon, residualMultiplier } = config;
  return scope(() => {
    if (!normsAfter) {
      const norm = rmsNorm(x, weights, normName, normEpsilon);
      const input = cast(norm.y, dtype);
      const computed = compute(input);
      const y = add(x, scaled(cast(computed.y, 'float32'), residualMultiplier));
      return { y, saved: { norm: norm.saved, input, inner: computed.saved } };
    }
    // Whoever has x may free it before the backward pass.
    const input = x.dtype === dtype ? identity(x) : cast(x, dtype);
    const computed = compute(input);
    const norm = rmsNorm(cast(computed.y, 'float32'), weights, normName, normEpsilon);
    const y = add(x, scaled(norm.y, residualMultiplier));
    return { y, saved: { norm: norm.saved, input, inner: computed.saved } };
  });
}

/**
 * Returns dx and frees what the forward pass saved, each part as soon as it is used.
 *
 * @param computeBackward takes the gradient of what f gave, in the compute dtype; null where nothing below is trained, and so
 *   is the result then
 */
export function residualBackward<Inner>(
  dy: Tensor,
  saved: ResidualActivations<Inner>,
  weights: Weights,
  gradients: Gradients,
  normName: string,
  { config, dtype }: ResidualShape,
  computeBackward: (dOutput: Tensor, input: Tensor, inner: Inner) => Tensor | null,
): Tensor | null {
  const normBackward = (d: Tensor) => {
    const dBefore = rmsNormBackward(d, saved.norm, weights, gradients, normName);
    free(saved.norm);
    return dBefore;
  };
  return scope(() => {
    const dAdded = scaled(dy, config.residualMultiplier);
    const dOutput = cast(config.normsAfter ? normBackward(dAdded) : dAdded, dtype);
    const dInput = computeBackward(dOutput, saved.input, saved.inner);
    free(saved.inner, saved.input);
    if (!dInput) {
      free(saved.norm);
      return null;
    }
    const dTaken = cast(dInput, 'float32');
    return add(dy, config.normsAfter ? dTaken : normBackward(dTaken));
  });
}
