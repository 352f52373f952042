import { AlpacaError } from '../../errors.ts';
import { type LlamaConfig, parameterShapes } from '../folder/config.ts';
import type { Weight } from '../folder/safetensors.ts';
import { cast } from '../kernels/operations.ts';
import type { ComputeDType, Tensor } from '../kernels/tensor.ts';
import { Variable } from '../kernels/variable.ts';

/** Tensors by their Hugging Face names; matrices are [out, in]. */
export type Weights = ReadonlyMap<string, Tensor>;

export const EMBEDDING = 'model.embed_tokens.weight';
export const HEAD = 'lm_head.weight';
export const FINAL_NORM = 'model.norm.weight';

/** The model's f32 master weights, one variable for each tensor of its Hugging Face folder. */
export class Parameters {
  readonly config: LlamaConfig;
  readonly variables: ReadonlyMap<string, Variable>;

  constructor(config: LlamaConfig, weights: ReadonlyMap<string, Weight>) {
    const variables = new Map<string, Variable>();
    for (const [name, shape] of parameterShapes(config)) {
      const weight = weights.get(name);
      if (!weight) throw new AlpacaError('InvalidInput', `The weights have no ${name}.`);
      variables.set(name, new Variable(shape, weight.data));
    }
    this.config = config;
    this.variables = variables;
  }

  /**
   * The weights to compute with, to be freed before the next update: matrices in `dtype`; norms and the
   * embedding table, which is looked up and not multiplied, in f32. A tied head appears under its own name.
   */
  read(dtype: ComputeDType): Weights {
    const weights = new Map<string, Tensor>();
    for (const [name, variable] of this.variables) {
      const value = variable.read();
      weights.set(name, isMatrix(name, variable.shape) ? cast(value, dtype) : value);
    }
    const embedding = weights.get(EMBEDDING);
    if (this.config.tieEmbeddings && embedding) weights.set(HEAD, cast(embedding, dtype));
    return weights;
  }

  /** Copies of all weights. */
  toWeights(): Map<string, Weight> {
    return exportVariables(this.variables);
  }

  destroy(): void {
    for (const variable of this.variables.values()) variable.destroy();
  }
}

/** Copies of variables' values. */
export function exportVariables(variables: ReadonlyMap<string, Variable>): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  for (const [name, variable] of variables)
    weights.set(name, { shape: [...variable.shape], data: variable.toFloats() });
  return weights;
}

/** A weight that the config says is there. */
export function weightOf(weights: Weights, name: string): Tensor {
  const weight = weights.get(name);
  if (!weight) throw new RangeError(`there is no weight ${name}`);
  return weight;
}

function isMatrix(name: string, shape: readonly number[]): boolean {
  return shape.length === 2 && name !== EMBEDDING;
}
