import type { LlamaConfig } from '../folder/config.ts';
import { cast, slice } from '../kernels/operations.ts';
import { type ComputeDType, free, fromFloats, keep, scope, type Tensor } from '../kernels/tensor.ts';
import { rotationMatrices } from './rotary.ts';

/** Added to a score that may not be seen: far below any score, and finite. */
export const MASKED_SCORE = -1e9;

export interface PositionTables {
  /** [length, headSize, headSize] in the compute dtype, see rotationMatrices */
  rotations: Tensor;
  /** f32 [length * group, length], 0 or MASKED_SCORE; row t * group + g is query head g of a group at time t */
  causalMask: Tensor;
}

/** Makes what depends on positions alone, once for the longest length met; shorter ones are cut from it. */
export class Positions {
  readonly #config: LlamaConfig;
  readonly #dtype: ComputeDType;
  #longest = 0;
  #tables: PositionTables | null = null;

  constructor(config: LlamaConfig, dtype: ComputeDType) {
    this.#config = config;
    this.#dtype = dtype;
  }

  /** The tables for rows of `length` tokens, to be freed by the caller or its scope. */
  upTo(length: number): PositionTables {
    const { rotations, causalMask } = this.#atLeast(length);
    const group = this.#config.heads / this.#config.keyValueHeads;
    return {
      rotations: slice(rotations, [0, 0, 0], [length, -1, -1]),
      causalMask: slice(causalMask, [0, 0], [length * group, length]),
    };
  }

  /** All rotations so far made, [>= length, headSize, headSize]; they stay the owner's. */
  rotations(length: number): Tensor {
    return this.#atLeast(length).rotations;
  }

  free(): void {
    free(this.#tables);
    this.#tables = null;
  }

  #atLeast(length: number): PositionTables {
    if (this.#tables && length <= this.#longest) return this.#tables;
    this.free();
    this.#longest = length;
    this.#tables = this.#make(length);
    return this.#tables;
  }

  #make(length: number): PositionTables {
    const { headSize, heads, keyValueHeads } = this.#config;
    const matrices = rotationMatrices(this.#config, length);
    const mask = causalMask(length, heads / keyValueHeads);
    return {
      rotations: keep(scope(() => cast(fromFloats([length, headSize, headSize], matrices), this.#dtype))),
      causalMask: keep(fromFloats([length * (heads / keyValueHeads), length], mask)),
    };
  }
}

function causalMask(length: number, group: number): Float32Array {
  const mask = new Float32Array(length * group * length);
  for (let time = 0; time < length; time += 1) {
    for (let head = 0; head < group; head += 1) {
      const row = (time * group + head) * length;
      mask.fill(MASKED_SCORE, row + time + 1, row + length);
    }
  }
  return mask;
}
