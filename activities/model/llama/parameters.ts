import { AlpacaError } from '../../errors.ts';
import {
  ADDED_EMBEDDING,
  ADDED_HEAD,
  adapterShapes,
  type LoraConfig,
  scaleOf,
  TOKEN_ROWS,
} from '../adapter/lora.ts';
import { withRows } from '../adapter/merge.ts';
import { EMBEDDING, HEAD, type LlamaConfig, parameterShapes } from '../folder/config.ts';
import type { Weight } from '../folder/safetensors.ts';
import { Constant } from '../kernels/constant.ts';
import { cast } from '../kernels/operations.ts';
import { type ComputeDType, free, type Tensor } from '../kernels/tensor.ts';
import { Variable } from '../kernels/variable.ts';
import { AddedRows } from './added-rows.ts';
import { Weights } from './weights.ts';

/**
 * The model's tensors on the device. Each is trained, an f32 variable, or frozen, a constant with neither
 * gradient nor moments. Without LoRA all of the Hugging Face folder is trained; with it the folder is frozen
 * and only what `adapterShapes` lists is trained.
 */
export class Parameters {
  readonly config: LlamaConfig;
  /** what is trained, by name: what the optimizer updates and a checkpoint holds */
  readonly variables: ReadonlyMap<string, Variable>;
  readonly #frozen: ReadonlyMap<string, Constant>;
  readonly #addedRows: AddedRows | null;
  readonly #adapterScale: (layer: string) => number;

  /**
   * @param weights the folder's tensors, and with LoRA the adapter's
   * @param dtype what frozen matrices are held in; norms and biases, one row each, stay f32
   */
  constructor(
    config: LlamaConfig,
    weights: ReadonlyMap<string, Weight>,
    { dtype, lora }: { dtype: ComputeDType; lora: LoraConfig | null },
  ) {
    const trainedTokens = lora?.trainedTokens ?? [];
    this.config = config;
    this.#adapterScale = (layer) => (lora ? scaleOf(lora, layer) : 0);
    this.#addedRows = trainedTokens.length > 0 ? new AddedRows(trainedTokens, config.vocabSize) : null;
    const trained = lora ? adapterShapes(config, lora) : parameterShapes(config);
    this.variables = mapValues(trained, (name, shape) => new Variable(shape, weightOf(weights, name).data));
    this.#frozen = mapValues(lora ? parameterShapes(config) : new Map<string, number[]>(), (name, shape) => {
      const whole = weightOf(weights, name);
      // Rows that are trained elsewhere are zero here: the two add up.
      const weight = TOKEN_ROWS.some(([matrix]) => matrix === name)
        ? withRows(whole, trainedTokens, null)
        : whole;
      return new Constant(shape, weight.data, shape.length > 1 ? dtype : 'float32');
    });
  }

  /**
   * What to compute with, to be freed before the next update: matrices in `dtype`; norms, biases and trained
   * embedding rows, which are looked up and not multiplied, in f32. A tied head appears under its own name.
   */
  read(dtype: ComputeDType): Weights {
    const tensors = new Map<string, Tensor>();
    for (const [name, constant] of this.#frozen) tensors.set(name, constant.read());
    for (const [name, variable] of this.variables) {
      const value = variable.read();
      if (!isMultiplied(name, variable.shape)) tensors.set(name, value);
      else {
        tensors.set(name, cast(value, dtype));
        if (value.dtype !== dtype) free(value);
      }
    }
    if (this.config.tieEmbeddings) {
      for (const [embedding, head] of [
        [EMBEDDING, HEAD],
        [ADDED_EMBEDDING, ADDED_HEAD],
      ] as const) {
        const shared = tensors.get(embedding);
        if (shared) tensors.set(head, cast(shared, dtype));
      }
    }
    return new Weights(tensors, {
      trained: this.variables,
      adapterScale: this.#adapterScale,
      addedRows: this.#addedRows,
      dropout: null,
    });
  }

  /** Copies of all that is trained. */
  toWeights(): Map<string, Weight> {
    return exportVariables(this.variables);
  }

  destroy(): void {
    for (const variable of this.variables.values()) variable.destroy();
    for (const constant of this.#frozen.values()) constant.destroy();
    this.#addedRows?.destroy();
  }
}

/** Copies of variables' values. */
export function exportVariables(variables: ReadonlyMap<string, Variable>): Map<string, Weight> {
  return mapValues(variables, (_, variable) => ({ shape: [...variable.shape], data: variable.toFloats() }));
}

function weightOf(weights: ReadonlyMap<string, Weight>, name: string): Weight {
  const weight = weights.get(name);
  if (!weight) throw new AlpacaError('InvalidInput', `The weights have no ${name}.`);
  return weight;
}

function isMultiplied(name: string, shape: readonly number[]): boolean {
  return shape.length === 2 && name !== EMBEDDING && name !== ADDED_EMBEDDING;
}

function mapValues<Value, Result>(
  map: ReadonlyMap<string, Value>,
  convert: (name: string, value: Value) => Result,
): Map<string, Result> {
  return new Map([...map].map(([name, value]) => [name, convert(name, value)]));
}
