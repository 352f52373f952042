import { ADDED_EMBEDDING, ADDED_HEAD } from '../adapter/lora.ts';
import { EMBEDDING, FINAL_NORM, HEAD } from '../folder/config.ts';
import { add, cast, gather, scaled, segmentSum } from '../kernels/operations.ts';
import { matmul } from '../kernels/products.ts';
import { free, scope, type Tensor } from '../kernels/tensor.ts';
import type { Gradients } from './gradients.ts';
import type { LayerShape } from './layer.ts';
import { crossEntropy, type LossOptions } from './loss.ts';
import { type NormActivations, rmsNorm, rmsNormBackward } from './norm.ts';
import type { Weights } from './weights.ts';

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
    // Logits are divided where the tensors are thinnest.
    const input = cast(scaled(norm.y, 1 / config.logitsDivisor), dtype);
    const logits = cast(matmul(input, weights.get(HEAD), { transposeB: true }), 'float32');
    const saved = { norm: norm.saved, input };
    if (!weights.addedRows) return { logits, saved };
    const added = cast(matmul(input, weights.get(ADDED_HEAD), { transposeB: true }), 'float32');
    return { logits: add(logits, matmul(added, weights.addedRows.columns())), saved };
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
  options: LossOptions,
): { lossSum: Tensor; dx: Tensor } {
  return scope(() => {
    const { lossSum, dLogits } = crossEntropy(logits, targets, options);
    free(logits);
    const dInput = cast(
      logitsBackward(dLogits, saved.input, weights, gradients, { config, dtype }),
      'float32',
    );
    const dNormed = scaled(dInput, 1 / config.logitsDivisor);
    const dGathered = rmsNormBackward(dNormed, saved.norm, weights, gradients, FINAL_NORM);
    free(saved);
    return { lossSum, dx: segmentSum(dGathered, positions, rows * length) };
  });
}

/** The gradient of the head's input, in the compute dtype; adds those of the rows that are trained. */
function logitsBackward(
  dLogits: Tensor,
  input: Tensor,
  weights: Weights,
  gradients: Gradients,
  { config, dtype }: Pick<LayerShape, 'config' | 'dtype'>,
): Tensor {
  return scope(() => {
    const dProduct = cast(dLogits, dtype);
    const name = config.tieEmbeddings ? EMBEDDING : HEAD;
    if (weights.isTrained(name))
      gradients.add(name, cast(matmul(dProduct, input, { transposeA: true }), 'float32'));
    const dInput = matmul(dProduct, weights.get(HEAD));
    if (!weights.addedRows) return dInput;
    const dAdded = cast(matmul(dLogits, weights.addedRows.columns(), { transposeB: true }), dtype);
    const rows = config.tieEmbeddings ? ADDED_EMBEDDING : ADDED_HEAD;
    gradients.add(rows, cast(matmul(dAdded, input, { transposeA: true }), 'float32'));
    return add(dInput, matmul(dAdded, weights.get(ADDED_HEAD)));
  });
}
