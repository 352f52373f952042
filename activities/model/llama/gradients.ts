import { add } from '../kernels/operations.ts';
import { free, keep, scope, type Tensor } from '../kernels/tensor.ts';

/**
 * Gradients of the loss by parameter name, f32, added up over every use of a parameter and every
 * micro-batch of a step. They live until `free`.
 */
export class Gradients {
  readonly #sums = new Map<string, Tensor>();

  add(name: string, gradient: Tensor): void {
    const sum = this.#sums.get(name);
    this.#sums.set(name, keep(sum ? scope(() => add(sum, gradient)) : gradient));
    if (sum) free(sum);
  }

  /** Adds a gradient that nobody else needs: it is freed as soon as it is added. */
  take(name: string, gradient: Tensor): void {
    this.add(name, gradient);
    if (this.#sums.get(name) !== gradient) free(gradient);
  }

  get(name: string): Tensor {
    const gradient = this.#sums.get(name);
    if (!gradient) throw new RangeError(`there is no gradient of ${name}`);
    return gradient;
  }

  names(): string[] {
    return [...this.#sums.keys()];
  }

  free(): void {
    free(this.#sums);
    this.#sums.clear();
  }
}
