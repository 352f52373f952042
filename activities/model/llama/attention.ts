import type { LlamaConfig } from '../folder/config.ts';
import {
  add,
  addAll,
  batchMatmul,
  cast,
  concat,
  multiply,
  padMiddle,
  reshape,
  slice,
  softmax,
  subtract,
  sum,
  transpose,
} from '../kernels/operations.ts';
import { scope, type Tensor } from '../kernels/tensor.ts';
import type { AdapterActivations } from './adapter.ts';
import type { Gradients } from './gradients.ts';
import {
  type LinearBackward,
  linear,
  linearBackward,
  linearsBackward,
  linearsBackwardAtBottom,
} from './linear.ts';
import type { PositionTables } from './positions.ts';
import type { QueryChunk } from './query-chunks.ts';
import type { Weights } from './weights.ts';

/**
 * Causal self-attention with rotary embeddings and grouped queries (Ainslie et al., 2023). The query heads
 * that share a key-value head are laid out as more rows of one matrix, so keys and values are never
 * repeated: queries [rows * keyValueHeads, length * group, headSize] meet keys [rows * keyValueHeads,
 * length, headSize], a chunk of times at once.
 */
export interface AttentionActivations {
  queries: Tensor;
  keys: Tensor;
  values: Tensor;
  /** of each chunk the softmax of its scores [rows * keyValueHeads, queries * group, keys] */
  probabilities: Tensor[];
  /** probabilities x values, in the layout of the queries */
  mixed: Tensor;
  /** the same as the output projection takes it [tokens, heads * headSize] */
  merged: Tensor;
  adapters: Record<'query' | 'key' | 'value' | 'output', AdapterActivations | null>;
}

/** What a batch of `rows` x `length` tokens, time-major, shares in every layer. */
export interface AttentionShape {
  config: LlamaConfig;
  rows: number;
  length: number;
  positions: PositionTables;
}

/** @param x [tokens, hidden] in the compute dtype; scores and softmax are in f32 */
export function attention(
  x: Tensor,
  weights: Weights,
  name: string,
  shape: AttentionShape,
): { y: Tensor; saved: AttentionActivations } {
  return scope(() => {
    const query = linear(x, weights, `${name}.q_proj`);
    const key = linear(x, weights, `${name}.k_proj`);
    const value = linear(x, weights, `${name}.v_proj`);
    const queries = splitHeads(rotate(query.y, shape), shape);
    const keys = splitHeads(rotate(key.y, shape), shape);
    const values = splitHeads(value.y, shape);
    const chunks = shape.positions.chunks.map((chunk) => mix(queries, keys, values, chunk));
    const probabilities = chunks.map((chunk) => chunk.probabilities);
    const mixed = concatTimes(chunks.map((chunk) => chunk.mixed));
    const merged = mergeHeads(mixed, shape);
    const output = linear(merged, weights, `${name}.o_proj`);
    const adapters = { query: query.saved, key: key.saved, value: value.saved, output: output.saved };
    return { y: output.y, saved: { queries, keys, values, probabilities, mixed, merged, adapters } };
  });
}

/**
 * @param wantsInput false where nothing below is trained: then no dx is computed, and null returned
 */
export function attentionBackward(
  dy: Tensor,
  x: Tensor,
  saved: AttentionActivations,
  weights: Weights,
  gradients: Gradients,
  name: string,
  shape: AttentionShape,
  wantsInput: boolean,
): Tensor | null {
  const { merged, adapters } = saved;
  return scope(() => {
    const dMerged = linearBackward(dy, merged, adapters.output, weights, gradients, `${name}.o_proj`);
    const dMixed = splitHeads(dMerged, shape);
    const chunks = shape.positions.chunks.map((chunk, i) => mixBackward(dMixed, saved, chunk, i));
    const dQueries = concatTimes(chunks.map((chunk) => chunk.dQueries));
    const dKeys = sumOverChunks(chunks.map((chunk) => chunk.dKeys));
    const dValues = sumOverChunks(chunks.map((chunk) => chunk.dValues));
    const turnedBack = (d: Tensor) => scope(() => rotateBack(mergeHeads(d, shape), shape));
    const layers: LinearBackward[] = [
      { dy: () => turnedBack(dQueries), saved: adapters.query, name: `${name}.q_proj` },
      { dy: () => turnedBack(dKeys), saved: adapters.key, name: `${name}.k_proj` },
      { dy: () => mergeHeads(dValues, shape), saved: adapters.value, name: `${name}.v_proj` },
    ];
    if (wantsInput) return linearsBackward(layers, x, weights, gradients);
    linearsBackwardAtBottom(layers, x, weights, gradients);
    return null;
  });
}

/** What the chunk's queries see: softmax(scores) x values [rows * keyValueHeads, queries * group, headSize]. */
function mix(queries: Tensor, keys: Tensor, values: Tensor, chunk: QueryChunk) {
  const { start, end, keysFrom, mask } = chunk;
  return scope(() => {
    const seen = timesOf(keys, keysFrom, end, keys);
    const scores = batchMatmul(timesOf(queries, start, end, keys), seen, { transposeB: true });
    const byRow = reshape(cast(scores, 'float32'), [mask.shape[0] ?? 1, -1, mask.shape[2] ?? 0]);
    const masked = reshape(add(byRow, mask), scores.shape);
    const probabilities = cast(softmax(masked), keys.dtype);
    return { probabilities, mixed: batchMatmul(probabilities, timesOf(values, keysFrom, end, keys)) };
  });
}

/**
 * The softmax's gradient is P * (dP - rowsum(dP * P)), and rowsum(dP * P) = rowsum(dO * O). The gradients of
 * keys and values are padded to all times, as the chunks' add up.
 */
function mixBackward(
  dMixed: Tensor,
  { queries, keys, values, mixed, probabilities }: AttentionActivations,
  { start, end, keysFrom }: QueryChunk,
  index: number,
) {
  return scope(() => {
    const p = probabilities[index];
    if (!p) throw new RangeError(`there are no probabilities of chunk ${index}`);
    const dOut = timesOf(dMixed, start, end, keys);
    const seen = timesOf(keys, keysFrom, end, keys);
    const dScores = scope(() => {
      const dProbabilities = batchMatmul(dOut, timesOf(values, keysFrom, end, keys), { transposeB: true });
      const along = sum(multiply(dOut, timesOf(mixed, start, end, keys)), -1, true);
      return multiply(subtract(dProbabilities, along), p);
    });
    const [, length = 0] = keys.shape;
    const toAllTimes = (d: Tensor) => (end - keysFrom === length ? d : padMiddle(d, keysFrom, length - end));
    return {
      dQueries: batchMatmul(dScores, seen),
      dKeys: toAllTimes(batchMatmul(dScores, timesOf(queries, start, end, keys), { transposeA: true })),
      dValues: toAllTimes(batchMatmul(p, dOut, { transposeA: true })),
    };
  });
}

/** The times [start, end) of x [rows * keyValueHeads, length * group, headSize]; keys say what a time is. */
function timesOf(x: Tensor, start: number, end: number, keys: Tensor): Tensor {
  const [, length = 1] = keys.shape;
  const group = (x.shape[1] ?? 0) / length;
  return end - start === length ? x : slice(x, [0, start * group, 0], [-1, (end - start) * group, -1]);
}

function concatTimes(chunks: readonly Tensor[]): Tensor {
  const [first] = chunks;
  return first && chunks.length === 1 ? first : concat(chunks, 1);
}

function sumOverChunks(chunks: readonly Tensor[]): Tensor {
  const [first] = chunks;
  return first && chunks.length === 1 ? first : addAll(chunks);
}

/** Turns each head of [tokens, heads * headSize] by its position: one product with constant rotations. */
export function rotate(x: Tensor, shape: AttentionShape): Tensor {
  return turn(x, shape, false);
}

function rotateBack(dy: Tensor, shape: AttentionShape): Tensor {
  return turn(dy, shape, true);
}

function turn(x: Tensor, { config, positions: { rotations } }: AttentionShape, back: boolean): Tensor {
  return scope(() => {
    const heads = reshape(x, [rotations.shape[0] ?? 0, -1, config.headSize]);
    return reshape(batchMatmul(heads, rotations, { transposeB: back }), [-1, x.shape[1] ?? 0]);
  });
}

/** [length * rows, keyValueHeads * group * headSize] -> [rows * keyValueHeads, length * group, headSize] */
export function splitHeads(x: Tensor, { config, rows, length }: Omit<AttentionShape, 'positions'>): Tensor {
  const width = (x.shape[1] ?? 0) / config.keyValueHeads;
  return scope(() => {
    const byTime = reshape(x, [length, rows * config.keyValueHeads, width]);
    const byHead = transpose(byTime, [1, 0, 2]);
    return reshape(byHead, [rows * config.keyValueHeads, -1, config.headSize]);
  });
}

/** The inverse of splitHeads. */
export function mergeHeads(x: Tensor, { config, rows, length }: Omit<AttentionShape, 'positions'>): Tensor {
  const width = ((x.shape[1] ?? 0) / length) * config.headSize;
  return scope(() => {
    const byHead = reshape(x, [rows * config.keyValueHeads, length, width]);
    const byTime = transpose(byHead, [1, 0, 2]);
    return reshape(byTime, [length * rows, config.keyValueHeads * width]);
  });
}
