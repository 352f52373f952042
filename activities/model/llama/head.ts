import { cast, gather, matmul, segmentSum, sparseSoftmaxCrossEntropy, sum } from '../kernels/operations.ts';
import { free, scope, type Tensor } from '../kernels/tensor.ts';
import type { Gradients } from './gradients.ts';
import type { LayerShape } from './layer.ts';
import { type NormActivations, rmsNorm, rmsNormBackward } from './norm.ts';
import { EMBEDDING, FINAL_NORM, HEAD, type Weights, weightOf } from './parameters.ts';

/** The final norm and the output head, computed only at the tokens asked for. */
export interface HeadActivations {
  norm: NormActivations;
  /** the head's input [positions, hidden], in the compute dtype */
  input: Tensor;
}

/**
 * @param x the residual stream after the last layer, f32 [tokens, hidden]
 * @param positions int32 token indices [positions]
 * @returns f32 logits [positions, vocabulary]
 */
export function head(
  x: Tensor,
  positions: Tensor,
  weights: Weights,
  { config, dtype }: Pick<LayerShape, 'config' | 'dtype'>,
): { logits: Tensor; saved: HeadActivations } {
  return scope(() => {
    const norm = rmsNorm(gather(x, positions), weights, FINAL_NORM, config.normEpsilon);
    const input = cast(norm.y, dtype);
    const logits = cast(matmul(input, weightOf(weights, HEAD), { transposeB: true }), 'float32');
    return { logits, saved: { norm: norm.saved, input } };
  });
}

/**
 * The summed cross-entropy of the targets, and the gradient of the residual stream [tokens, hidden].
 *
 * The loss is a sum and not a mean: a step's mean is over the targets of all its micro-batches, and its
 * 1/targets is applied once to the gradients, not to every logit.
 */
export function headLossBackward(
  { logits, saved }: { logits: Tensor; saved: HeadActivations },
  positions: Tensor,
  targets: Tensor,
  weights: Weights,
  gradients: Gradients,
  { config, dtype, rows, length }: LayerShape,
): { lossSum: Tensor; dx: Tensor } {
  return scope(() => {
    const { losses, gradient } = sparseSoftmaxCrossEntropy(logits, targets);
    free(logits);
    const lossSum = sum(losses, 0);
    const dLogits = cast(gradient, dtype);
    const name = config.tieEmbeddings ? EMBEDDING : HEAD;
    gradients.add(name, cast(matmul(dLogits, saved.input, { transposeA: true }), 'float32'));
    const dInput = cast(matmul(dLogits, weightOf(weights, HEAD)), 'float32');
    const dGathered = rmsNormBackward(dInput, saved.norm, weights, gradients, FINAL_NORM);
    free(saved);
    return { lossSum, dx: segmentSum(dGathered, positions, rows * length) };
  });
}
