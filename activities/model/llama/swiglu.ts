import { add, cast, multiply, sigmoid, sigmoidGradient } from '../kernels/operations.ts';
import { scope, type Tensor } from '../kernels/tensor.ts';
import type { AdapterActivations } from './adapter.ts';
import type { Gradients } from './gradients.ts';
import { linear, linearBackward, linearsBackward } from './linear.ts';
import type { Weights } from './weights.ts';

/**
 * The gated feed-forward (Shazeer, 2020): down(silu(gate(x)) * up(x)), where silu(g) = g * sigmoid(g).
 * All in the dtype of x [tokens, hidden].
 */
export interface SwigluActivations {
  gate: Tensor;
  up: Tensor;
  /** sigmoid(gate), computed in f32 */
  opening: Tensor;
  /** gate * sigmoid(gate) */
  activated: Tensor;
  /** activated * up, the input of the down projection [tokens, intermediate] */
  product: Tensor;
  adapters: Record<'gate' | 'up' | 'down', AdapterActivations | null>;
}

export function swiglu(x: Tensor, weights: Weights, name: string): { y: Tensor; saved: SwigluActivations } {
  return scope(() => {
    const gate = linear(x, weights, `${name}.gate_proj`);
    const up = linear(x, weights, `${name}.up_proj`);
    // TensorFlow's bf16 sigmoid takes three times as long as its f32 one.
    const opening = cast(sigmoid(cast(gate.y, 'float32')), gate.y.dtype);
    const activated = multiply(gate.y, opening);
    const product = multiply(activated, up.y);
    const down = linear(product, weights, `${name}.down_proj`);
    const adapters = { gate: gate.saved, up: up.saved, down: down.saved };
    return { y: down.y, saved: { gate: gate.y, up: up.y, opening, activated, product, adapters } };
  });
}

/** silu'(g) = s + g s (1 - s) with s = sigmoid(g); the second term is the sigmoid's own gradient, times g. */
export function swigluBackward(
  dy: Tensor,
  x: Tensor,
  { gate, up, opening, activated, product, adapters }: SwigluActivations,
  weights: Weights,
  gradients: Gradients,
  name: string,
): Tensor {
  return scope(() => {
    const { dGate, dUp } = scope(() => {
      const dProduct = linearBackward(dy, product, adapters.down, weights, gradients, `${name}.down_proj`);
      const slope = scope(() => add(opening, sigmoidGradient(opening, gate)));
      const dActivated = multiply(dProduct, up);
      return { dGate: multiply(dActivated, slope), dUp: multiply(dProduct, activated) };
    });
    const layers = [
      { dy: () => dGate, saved: adapters.gate, name: `${name}.gate_proj` },
      { dy: () => dUp, saved: adapters.up, name: `${name}.up_proj` },
    ];
    return linearsBackward(layers, x, weights, gradients);
  });
}
