import { sparseSoftmaxCrossEntropy } from '../kernels/cross-entropy.ts';
import { add, multiply, oneHot, reshape, sum } from '../kernels/operations.ts';
import { scalar, scope, type Tensor } from '../kernels/tensor.ts';

export interface LossOptions {
  /**
   * Coefficient of the z-loss (Chowdhery et al., 2022), log(sum(exp(logits)))^2 for each target, which keeps
   * logits from drifting; 0 is off
   */
  zLoss: number;
  /** what the loss of every target counts, 1 unless micro-batches are to count alike whatever their size */
  weight: number;
}

export const PLAIN_LOSS: LossOptions = { zLoss: 0, weight: 1 };

/**
 * Summed cross-entropy of f32 logits [n, classes] against int32 targets [n].
 *
 * @returns the sum over targets of weight * negative log-likelihood in nats, without the z-loss, an f32
 *   scalar; and the gradient of weight * (negative log-likelihood + zLoss * z^2) in the logits
 */
export function crossEntropy(
  logits: Tensor,
  targets: Tensor,
  { zLoss, weight }: LossOptions,
): { lossSum: Tensor; dLogits: Tensor } {
  return scope(() => {
    const { losses, gradient } = sparseSoftmaxCrossEntropy(logits, targets);
    const total = sum(losses, 0);
    const dLogits =
      zLoss === 0 ? gradient : add(gradient, zLossGradient(logits, targets, losses, gradient, zLoss));
    if (weight === 1) return { lossSum: total, dLogits };
    return { lossSum: multiply(total, scalar(weight)), dLogits: multiply(dLogits, scalar(weight)) };
  });
}

/**
 * With z = log(sum(exp(logits))): d(c z^2)/dlogits = 2 c z softmax(logits). Both factors follow from the
 * cross-entropy: its loss is z - logit[target], its gradient softmax(logits) - onehot(target).
 */
function zLossGradient(
  logits: Tensor,
  targets: Tensor,
  losses: Tensor,
  gradient: Tensor,
  coefficient: number,
): Tensor {
  return scope(() => {
    const chosen = oneHot(targets, logits.shape[1] ?? 0);
    const z = add(reshape(losses, [-1, 1]), sum(multiply(logits, chosen), -1, true));
    const probabilities = add(gradient, chosen);
    return multiply(multiply(z, scalar(2 * coefficient)), probabilities);
  });
}
