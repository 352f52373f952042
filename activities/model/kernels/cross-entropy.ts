import { loadBinding } from '../tensorflow.ts';
import {
  divide,
  dtypeAttribute,
  exponential,
  largest,
  logarithm,
  oneHot,
  pick,
  reshape,
  subtract,
  sum,
} from './operations.ts';
import { executeMany, free, scope, type Tensor } from './tensor.ts';

export interface CrossEntropy {
  /** [n] in nats */
  losses: Tensor;
  /** softmax(logits) - onehot(labels), [n, classes] */
  gradient: Tensor;
}

/** Cross-entropy of f32 logits [n, classes] against int32 labels [n], with its gradient. */
export function sparseSoftmaxCrossEntropy(logits: Tensor, labels: Tensor): CrossEntropy {
  return loadBinding().isUsingGpuDevice() ? composed(logits, labels) : inOnePass(logits, labels);
}

function inOnePass(logits: Tensor, labels: Tensor): CrossEntropy {
  const attributes = [dtypeAttribute('T', 'float32'), dtypeAttribute('Tlabels', 'int32')];
  const name = 'SparseSoftmaxCrossEntropyWithLogits';
  const shapes = [labels.shape, logits.shape];
  const [losses, gradient] = executeMany(name, attributes, [logits, labels], 'float32', shapes);
  if (!losses || !gradient) throw new RangeError(`${name} gave too few outputs`);
  return { losses, gradient };
}

/**
 * For GPUs: their kernel of the one pass adds up in any order, and so refuses to run under
 * TF_DETERMINISTIC_OPS. With y the logits less the row's largest, the loss is log(sum(exp(y))) - y[label].
 * At most three tensors [n, classes] are there beside the logits.
 */
function composed(logits: Tensor, labels: Tensor): CrossEntropy {
  return scope(() => {
    const shifted = subtract(logits, largest(logits, 1, true));
    const powers = exponential(shifted);
    const chosen = pick(shifted, labels);
    free(shifted);
    const total = sum(powers, 1, true);
    const probabilities = divide(powers, total);
    free(powers);
    return {
      losses: subtract(reshape(logarithm(total), [-1]), chosen),
      gradient: subtract(probabilities, oneHot(labels, logits.shape[1] ?? 0)),
    };
  });
}
