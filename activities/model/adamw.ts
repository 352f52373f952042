import type { Weight } from './folder/safetensors.ts';
import { add, addN, divide, halfSquaredNorm, minimum, multiply, squareRoot } from './kernels/operations.ts';
import { free, scalar, scope, type Tensor } from './kernels/tensor.ts';
import { applyAdam, Variable } from './kernels/variable.ts';
import type { Gradients } from './llama/gradients.ts';
import { exportVariables, type Parameters } from './llama/parameters.ts';

export interface AdamWOptions {
  beta1: number;
  beta2: number;
  epsilon: number;
  /** decoupled: every update first shrinks a matrix by learningRate * weightDecay; norms and biases are exempt */
  weightDecay: number;
  /** the largest norm of all gradients together; null leaves them as they are */
  clipNorm: number | null;
}

/** The recipe's optimizer settings, which are PyTorch's defaults. */
export const ADAMW_DEFAULTS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** Both moments of every parameter, as a checkpoint keeps them. */
export interface Moments {
  first: Map<string, Weight>;
  second: Map<string, Weight>;
}

/**
 * AdamW (Loshchilov and Hutter, 2019), equal to PyTorch's: bias correction, epsilon outside the corrected
 * square root, and clipping by global norm as in `clip_grad_norm_`.
 */
export class AdamW {
  readonly #parameters: Parameters;
  readonly #options: AdamWOptions;
  readonly #first = new Map<string, Variable>();
  readonly #second = new Map<string, Variable>();

  /** @param moments where an earlier run left off; null starts both at zero */
  constructor(parameters: Parameters, options: AdamWOptions, moments: Moments | null) {
    this.#parameters = parameters;
    this.#options = options;
    for (const [name, { shape }] of parameters.variables) {
      this.#first.set(name, new Variable(shape, momentOf(moments?.first, name, shape)));
      this.#second.set(name, new Variable(shape, momentOf(moments?.second, name, shape)));
    }
  }

  /**
   * One update. The gradients are of a sum over `targets` tokens; the update is by their mean, clipped.
   *
   * @param step the number of the update, from 1
   * @returns the norm of the mean gradient before clipping, an f32 scalar
   */
  update(gradients: Gradients, targets: number, step: number, learningRate: number): Tensor {
    return scope(() => {
      const { norm, factor } = this.#clip(gradients, targets);
      const scalars = this.#scalars(step, learningRate);
      const shrink = scalar(1 - learningRate * this.#options.weightDecay);
      for (const [name, variable] of this.#parameters.variables) {
        scope(() => {
          const matrix = variable.shape.length > 1;
          if (this.#options.weightDecay > 0 && matrix) decay(variable, shrink);
          const gradient = multiply(gradients.get(name), factor);
          applyAdam(
            variable,
            variableOf(this.#first, name),
            variableOf(this.#second, name),
            gradient,
            scalars,
          );
        });
      }
      return norm;
    });
  }

  moments(): Moments {
    return { first: exportVariables(this.#first), second: exportVariables(this.#second) };
  }

  destroy(): void {
    for (const moments of [this.#first, this.#second]) {
      for (const variable of moments.values()) variable.destroy();
    }
  }

  /** The norm of the mean gradient, and what to multiply the summed gradients by. */
  #clip(gradients: Gradients, targets: number): { norm: Tensor; factor: Tensor } {
    const inverseTargets = scalar(1 / targets);
    const halves = gradients.names().map((name) => halfSquaredNorm(gradients.get(name)));
    const norm = multiply(squareRoot(multiply(addN(halves), scalar(2))), inverseTargets);
    const { clipNorm } = this.#options;
    if (clipNorm === null) return { norm, factor: inverseTargets };
    // PyTorch adds 1e-6 to the norm so that a gradient of zero divides.
    const clip = minimum(divide(scalar(clipNorm), add(norm, scalar(1e-6))), scalar(1));
    return { norm, factor: multiply(inverseTargets, clip) };
  }

  #scalars(step: number, learningRate: number) {
    const { beta1, beta2, epsilon } = this.#options;
    const beta2Power = beta2 ** step;
    return {
      learningRate: scalar(learningRate),
      beta1: scalar(beta1),
      beta2: scalar(beta2),
      beta1Power: scalar(beta1 ** step),
      beta2Power: scalar(beta2Power),
      // PyTorch adds epsilon to sqrt(v / (1 - beta2^t)), TensorFlow to sqrt(v): the factor makes them equal.
      epsilonHat: scalar(epsilon * Math.sqrt(1 - beta2Power)),
    };
  }
}

function decay(variable: Variable, shrink: Tensor): void {
  const value = variable.read();
  const shrunk = multiply(value, shrink);
  free(value);
  variable.assign(shrunk);
  free(shrunk);
}

function variableOf(variables: ReadonlyMap<string, Variable>, name: string): Variable {
  const variable = variables.get(name);
  if (!variable) throw new RangeError(`there is no moment of ${name}`);
  return variable;
}

function momentOf(
  moments: ReadonlyMap<string, Weight> | undefined,
  name: string,
  shape: readonly number[],
): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  return moments?.get(name)?.data ?? new Float32Array(size);
}
