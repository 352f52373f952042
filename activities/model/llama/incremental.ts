import { assembleBatch } from '../batch.ts';
import { add, cast, gather } from '../kernels/operations.ts';
import { free, fromFloats, fromInts, keep, scope, type Tensor, toFloats } from '../kernels/tensor.ts';
import { LayerCache } from './attention/cache.ts';
import { MASKED_SCORE } from './attention/query-chunks.ts';
import { embed } from './embedding.ts';
import { head } from './head.ts';
import { decoderLayer, type LayerShape, names } from './layer.ts';
import type { Llama } from './model.ts';
import { rmsNorm } from './norm.ts';
import { swiglu } from './swiglu.ts';
import type { Weights } from './weights.ts';

/** A batch of sequences in the middle of decoding: one token a row goes in, one row of logits comes out. */
export class IncrementalDecoder {
  readonly #model: Llama;
  readonly #weights: Weights;
  readonly #caches: LayerCache[];
  /** the position of each row's next token */
  #nextPositions: number[];
  #promptMask: Tensor;
  /** of each row's next token, f32 [vocabulary] */
  logits: Float32Array[];

  /**
   * Runs the prompts, padded to the longest.
   *
   * @param weights of `model.parameters.read(model.dtype)`; the caller's to free
   * @param longest an upper bound on the tokens of any row by the end of decoding
   */
  constructor(model: Llama, weights: Weights, prompts: readonly (readonly number[])[], longest: number) {
    const batch = assembleBatch(prompts.map(promptExample));
    this.#model = model;
    this.#weights = weights;
    this.#caches = [];
    this.#nextPositions = prompts.map((prompt) => prompt.length);
    this.#promptMask = keep(promptMask(this.#nextPositions, batch.length, model.config.keyValueHeads));
    model.positions.rotations(Math.max(longest, batch.length));
    this.logits = scope(() => {
      const shape: LayerShape = {
        ...model,
        rows: batch.rows,
        length: batch.length,
        positions: model.positions.of(batch),
      };
      let x = embed(fromInts([batch.ids.length], batch.ids), weights);
      for (let layer = 0; layer < model.config.layers; layer += 1) {
        const input = x;
        x = scope(() => {
          const { y, saved } = decoderLayer(input, weights, layer, shape);
          this.#caches.push(new LayerCache(model.config, saved.attention.keys, saved.attention.values));
          return y;
        });
      }
      const last = Int32Array.from(prompts, (prompt, row) => (prompt.length - 1) * batch.rows + row);
      return rowsOf(head(x, fromInts([last.length], last), weights, shape).logits);
    });
  }

  /** Appends one token to each row and computes the logits of the next. */
  append(ids: readonly number[]): void {
    const { config, dtype, positions } = this.#model;
    const weights = this.#weights;
    this.logits = scope(() => {
      const at = fromInts([ids.length], Int32Array.from(this.#nextPositions));
      const rotations = gather(positions.rotations(Math.max(...this.#nextPositions) + 1), at);
      let x = embed(fromInts([ids.length], Int32Array.from(ids)), weights);
      for (const [layer, cache] of this.#caches.entries()) {
        const input = x;
        const { attentionName, attentionNormName, mlpName, mlpNormName } = names(layer);
        x = scope(() => {
          const normed = cast(rmsNorm(input, weights, attentionNormName, config.normEpsilon).y, dtype);
          const attended = cache.attend(normed, weights, attentionName, rotations, this.#promptMask);
          const between = add(input, cast(attended, 'float32'));
          const mlpInput = cast(rmsNorm(between, weights, mlpNormName, config.normEpsilon).y, dtype);
          return add(between, cast(swiglu(mlpInput, weights, mlpName).y, 'float32'));
        });
      }
      const every = fromInts([ids.length], Int32Array.from(ids.keys()));
      return rowsOf(head(x, every, weights, { config, dtype }).logits);
    });
    this.#nextPositions = this.#nextPositions.map((position) => position + 1);
  }

  /** Goes on with some of the rows, in the order given. */
  select(rows: readonly number[]): void {
    const { keyValueHeads } = this.#model.config;
    const heads = rows.flatMap((row) =>
      Array.from({ length: keyValueHeads }, (_, h) => row * keyValueHeads + h),
    );
    scope(() => {
      const indices = fromInts([heads.length], Int32Array.from(heads));
      for (const cache of this.#caches) cache.select(indices);
      const mask = keep(gather(this.#promptMask, indices));
      free(this.#promptMask);
      this.#promptMask = mask;
    });
    this.#nextPositions = rows.map((row) => this.#nextPositions[row] ?? 0);
  }

  free(): void {
    for (const cache of this.#caches) cache.free();
    free(this.#promptMask);
  }
}

/** A prompt laid out as an example whose every token is computed. */
function promptExample(prompt: readonly number[]) {
  const inputIds = Int32Array.from(prompt);
  // A label one past the end makes the last token one that predicts.
  return { inputIds, labels: new Int32Array(prompt.length + 1) };
}

/** f32 [rows * keyValueHeads, 1, length]: MASKED_SCORE from each prompt's end on. */
function promptMask(lengths: readonly number[], length: number, keyValueHeads: number): Tensor {
  const mask = new Float32Array(lengths.length * keyValueHeads * length);
  for (const [row, end] of lengths.entries()) {
    for (let h = 0; h < keyValueHeads; h += 1) {
      const start = (row * keyValueHeads + h) * length;
      mask.fill(MASKED_SCORE, start + end, start + length);
    }
  }
  return fromFloats([lengths.length * keyValueHeads, 1, length], mask);
}

function rowsOf(logits: Tensor): Float32Array[] {
  const [rows = 0, width = 0] = logits.shape;
  const data = toFloats(logits);
  return Array.from({ length: rows }, (_, row) => data.subarray(row * width, (row + 1) * width));
}
