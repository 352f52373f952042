import { assembleBatch } from '../batch.ts';
import { gather } from '../kernels/operations.ts';
import { free, fromFloats, fromInts, keep, scope, type Tensor, toFloats } from '../kernels/tensor.ts';
import { LayerCache } from './attention/cache.ts';
import { windowOf } from './attention/positions.ts';
import { MASKED_SCORE, windowStart } from './attention/query-chunks.ts';
import { embed } from './embedding.ts';
import { head } from './head.ts';
import { decoderLayer, type LayerShape, names } from './layer.ts';
import type { Llama } from './model.ts';
import { residual } from './residual.ts';
import { swiglu } from './swiglu.ts';
import type { Weights } from './weights.ts';

/** A batch of sequences in the middle of decoding: one token a row goes in, one row of logits comes out. */
export class IncrementalDecoder {
  readonly #model: Llama;
  readonly #weights: Weights;
  readonly #caches: LayerCache[];
  readonly #promptLength: number;
  /** of each row's prompt */
  #lengths: number[];
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
    this.#promptLength = batch.length;
    this.#lengths = prompts.map((prompt) => prompt.length);
    this.#nextPositions = this.#lengths;
    this.#promptMask = keep(this.#maskWithin(null));
    model.positions.rotations(Math.max(longest, batch.length));
    this.logits = scope(() => {
      const shape: LayerShape = {
        ...model,
        rows: batch.rows,
        length: batch.length,
        positions: model.positions.of(batch),
      };
      let x = embed(fromInts([batch.ids.length], batch.ids), weights, model.config);
      for (let layer = 0; layer < model.config.layers; layer += 1) {
        const input = x;
        x = scope(() => {
          const { y, saved } = decoderLayer(input, weights, layer, shape);
          const { keys, values } = saved.attention.inner;
          this.#caches.push(new LayerCache(model.config, windowOf(model.config, layer), keys, values));
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
    const shape = { config, dtype };
    const weights = this.#weights;
    this.logits = scope(() => {
      const at = fromInts([ids.length], Int32Array.from(this.#nextPositions));
      const rotations = gather(positions.rotations(Math.max(...this.#nextPositions) + 1), at);
      const windowMask = config.window && this.#maskWithin(config.window.tokens);
      let x = embed(fromInts([ids.length], Int32Array.from(ids)), weights, config);
      for (const [layer, cache] of this.#caches.entries()) {
        const input = x;
        const { attentionName, attentionNormName, mlpName, mlpNormName } = names(shape, layer);
        const turns = config.unturnedLayers.includes(layer) ? null : rotations;
        const mask = windowOf(config, layer) === null ? this.#promptMask : (windowMask ?? this.#promptMask);
        x = scope(() => {
          const between = residual(input, weights, attentionNormName, shape, (taken) => ({
            y: cache.attend(taken, weights, attentionName, turns, mask),
            saved: null,
          }));
          return residual(between.y, weights, mlpNormName, shape, (taken) => swiglu(taken, weights, mlpName))
            .y;
        });
      }
      const every = fromInts([ids.length], Int32Array.from(ids.keys()));
      return rowsOf(head(x, every, weights, shape).logits);
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
    this.#lengths = rows.map((row) => this.#lengths[row] ?? 0);
  }

  free(): void {
    for (const cache of this.#caches) cache.free();
    free(this.#promptMask);
  }

  /**
   * What each row's next token sees of its prompt, f32 [rows * keyValueHeads, 1, prompt length]: MASKED_SCORE from the prompt's end
   * on, and before the window.
   */
  #maskWithin(window: number | null): Tensor {
    const { keyValueHeads } = this.#model.config;
    const width = this.#promptLength;
    const mask = new Float32Array(this.#lengths.length * keyValueHeads * width);
    for (const [row, end] of this.#lengths.entries()) {
      const seenFrom = windowStart(this.#nextPositions[row] ?? 0, window);
      for (let h = 0; h < keyValueHeads; h += 1) {
        const start = (row * keyValueHeads + h) * width;
        mask.fill(MASKED_SCORE, start, start + Math.min(seenFrom, end));
        mask.fill(MASKED_SCORE, start + end, start + width);
      }
    }
    return fromFloats([this.#lengths.length * keyValueHeads, 1, width], mask);
  }
}

/** A prompt laid out as an example whose every token is computed. */
function promptExample(prompt: readonly number[]) {
  const inputIds = Int32Array.from(prompt);
  // A label one past the end makes the last token one that predicts.
  return { inputIds, labels: new Int32Array(prompt.length + 1) };
}

function rowsOf(logits: Tensor): Float32Array[] {
  const [rows = 0, width = 0] = logits.shape;
  const data = toFloats(logits);
  return Array.from({ length: rows }, (_, row) => data.subarray(row * width, (row + 1) * width));
}
