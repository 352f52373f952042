import { add, exponential, largest, multiply, reciprocal, subtract, sum } from '../kernels/operations.ts';
import { scope, type Tensor } from '../kernels/tensor.ts';

/**
 * Operations that compute something else in a graph than by themselves, in terms of such as do not. Both
 * come to the bits that TensorFlow's own kernel gives outside of graphs.
 */
export const SPELLED_OUT: Readonly<Record<string, (inputs: readonly Tensor[]) => Tensor>> = {
  /**
   * A graph's AddN begins with whichever term's memory it may write over, and that, and so the sum's last bits,
   * differs from one time to the next.
   */
  AddN: (terms) => scope(() => terms.reduce(add)),

  /** oneDNN's, which graphs have in its place, is less exact. */
  Softmax: ([logits]) =>
    scope(() => {
      if (!logits) throw new RangeError('a softmax has logits');
      const powers = exponential(subtract(logits, largest(logits, -1, true)));
      return multiply(powers, reciprocal(sum(powers, -1, true)));
    }),
};
