import { free, type Tensor } from '../kernels/tensor.ts';
import type { AddedRows } from './added-rows.ts';
import type { Dropout } from './dropout.ts';

/** How passes use the tensors. */
interface Use {
  /** the tensors that want a gradient, by name */
  trained: { has(name: string): boolean };
  /** what the product of a layer's adapter is multiplied by */
  adapterScale: (layer: string) => number;
  /** tokens whose rows are trained apart from the embedding and the head; null for none */
  addedRows: AddedRows | null;
  /** on the inputs of adapters; null outside training */
  dropout: Dropout | null;
}

/**
 * What a forward and backward pass computes with: tensors by their Hugging Face names, those of adapters by
 * PEFT's. Matrices are [out, in].
 */
export class Weights {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #use: Use;

  constructor(tensors: ReadonlyMap<string, Tensor>, use: Use) {
    this.#tensors = tensors;
    this.#use = use;
  }

  /** A tensor that the config says is there. */
  get(name: string): Tensor {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw new RangeError(`there is no weight ${name}`);
    return tensor;
  }

  /** A tensor that only some models have, as a bias or an adapter. */
  find(name: string): Tensor | null {
    return this.#tensors.get(name) ?? null;
  }

  isTrained(name: string): boolean {
    return this.#use.trained.has(name);
  }

  adapterScale(layer: string): number {
    return this.#use.adapterScale(layer);
  }

  get addedRows(): AddedRows | null {
    return this.#use.addedRows;
  }

  get dropout(): Dropout | null {
    return this.#use.dropout;
  }

  /** The same tensors with dropout on. Freeing either frees both. */
  withDropout(dropout: Dropout): Weights {
    return new Weights(this.#tensors, { ...this.#use, dropout });
  }

  free(): void {
    free(this.#tensors);
  }
}
