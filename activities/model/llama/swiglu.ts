import { add, multiply, sigmoid, sigmoidGradient } from '../kernels/operations.ts';
import { scope, type Tensor } from '../kernels/tensor.ts';
import type { Gradients } from './gradients.ts';
import { linear, linearBackward, linearsBackward } from './linear.ts';
import type { Weights } from './parameters.ts';

/**
 * The gated feed-forward (Shazeer, 2020): down(silu(gate(x)) * up(x)), where silu(g) = g * sigmoid(g).
 * All in the dtype of x [tokens, hidden].
 */
export interface SwigluActivations {
  gate: Tensor;
  up: Tensor;
  /** sigmoid(gate) */
  opening: Tensor;
  /** gate * sigmoid(gate) */
  activated: Tensor;
  /** activated * up, the input of the down projection [tokens, intermediate] */
  product: Tensor;
}

export function swiglu(x: Tensor, weights: Weights, name: string): { y: Tensor; saved: SwigluActivations } {
  return scope(() => {
    const gate = linear(x, weights, `${name}.gate_proj`);
    const up = linear(x, weights, `${name}.up_proj`);
    const opening = sigmoid(gate);
    const activated = multiply(gate, opening);
    const product = multiply(activated, up);
    const y = linear(product, weights, `${name}.down_proj`);
    return { y, saved: { gate, up, opening, activated, product } };
  });
}

/** silu'(g) = s + g s (1 - s) with s = sigmoid(g); the second term is the sigmoid's own gradient. */
export function swigluBackward(
  dy: Tensor,
  x: Tensor,
  { gate, up, opening, activated, product }: SwigluActivations,
  weights: Weights,
  gradients: Gradients,
  name: string,
): Tensor {
  return scope(() => {
    const dProduct = linearBackward(dy, product, weights, gradients, `${name}.down_proj`);
    const dUp = multiply(dProduct, activated);
    const dActivated = multiply(dProduct, up);
    const dGate = add(multiply(dActivated, opening), sigmoidGradient(opening, multiply(dActivated, gate)));
    const layers = [
      { dy: dGate, name: `${name}.gate_proj` },
      { dy: dUp, name: `${name}.up_proj` },
    ];
    return linearsBackward(layers, x, weights, gradients);
  });
}
