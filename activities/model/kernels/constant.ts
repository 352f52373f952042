import { cast, identity } from './operations.ts';
import { type ComputeDType, free, fromFloats, keep, scope, type Tensor } from './tensor.ts';

/** A tensor that nothing updates: the counterpart of Variable, in the dtype that it is computed with. */
export class Constant {
  readonly shape: readonly number[];
  readonly #value: Tensor;

  /** @param data row-major; copied, and rounded to `dtype` with no f32 copy left behind */
  constructor(shape: readonly number[], data: Float32Array, dtype: ComputeDType) {
    this.shape = shape;
    this.#value = keep(scope(() => cast(fromFloats(shape, data), dtype)));
  }

  /** A handle of the caller's own on the same memory: freeing it leaves the constant. */
  read(): Tensor {
    return identity(this.#value);
  }

  destroy(): void {
    free(this.#value);
  }
}
