import type { Batch } from '../../batch.ts';
import type { LlamaConfig } from '../../folder/config.ts';
import { cast, gather, slice } from '../../kernels/operations.ts';
import {
  type ComputeDType,
  free,
  fromFloats,
  fromInts,
  keep,
  scope,
  type Tensor,
} from '../../kernels/tensor.ts';
import { type QueryChunk, queryChunks } from './query-chunks.ts';
import { rotationMatrices } from './rotary.ts';

/** What every layer needs to know of where a batch's tokens stand. */
export interface PositionTables {
  /**
   * In the compute dtype, see rotationMatrices: [length, headSize, headSize] by time, or
   * [length * rows, headSize, headSize] by token where rows are packed and positions begin again in them
   */
  rotations: Tensor;
  /** by the window of a layer */
  chunks: ReadonlyMap<number | null, readonly QueryChunk[]>;
}

/** What one layer needs to know of it. */
export interface LayerPositions {
  /** null where the layer has no rotary embedding */
  rotations: Tensor | null;
  chunks: readonly QueryChunk[];
}

export function positionsIn(
  { rotations, chunks }: PositionTables,
  config: LlamaConfig,
  layer: number,
): LayerPositions {
  return {
    rotations: config.unturnedLayers.includes(layer) ? null : rotations,
    chunks: chunks.get(windowOf(config, layer)) ?? [],
  };
}

/** Tokens that a token sees in a layer, itself included; null for all before it. */
export function windowOf({ window }: LlamaConfig, layer: number): number | null {
  return window?.layers.includes(layer) ? window.tokens : null;
}

/** The windows that a model's layers have, each once. */
export function windowsOf(config: LlamaConfig): Set<number | null> {
  return new Set(Array.from({ length: config.layers }, (_, layer) => windowOf(config, layer)));
}

/** Makes the rotations of positions once for the longest row met; shorter ones are cut from them. */
export class Positions {
  readonly #config: LlamaConfig;
  readonly #dtype: ComputeDType;
  #longest = 0;
  #rotations: Tensor | null = null;

  constructor(config: LlamaConfig, dtype: ComputeDType) {
    this.#config = config;
    this.#dtype = dtype;
  }

  /** The tables for a batch, to be freed by the caller or its scope. */
  of(batch: Pick<Batch, 'rows' | 'length' | 'exampleStarts'>): PositionTables {
    const { rows, length, exampleStarts } = batch;
    const rotations = this.rotations(length);
    const group = this.#config.heads / this.#config.keyValueHeads;
    const chunks = new Map(
      [...windowsOf(this.#config)].map((window) => [window, queryChunks(batch, group, window)]),
    );
    if (!exampleStarts) return { rotations: slice(rotations, [0, 0, 0], [length, -1, -1]), chunks };
    const positions = exampleStarts.map((start, token) => Math.floor(token / rows) - start);
    return {
      rotations: scope(() => gather(rotations, fromInts([positions.length], positions))),
      chunks,
    };
  }

  /** All rotations so far made, [>= length, headSize, headSize]; they stay the owner's. */
  rotations(length: number): Tensor {
    if (this.#rotations && length <= this.#longest) return this.#rotations;
    this.free();
    const { headSize } = this.#config;
    const matrices = rotationMatrices(this.#config, length);
    this.#longest = length;
    this.#rotations = keep(
      scope(() => cast(fromFloats([length, headSize, headSize], matrices), this.#dtype)),
    );
    return this.#rotations;
  }

  free(): void {
    free(this.#rotations);
    this.#rotations = null;
  }
}
