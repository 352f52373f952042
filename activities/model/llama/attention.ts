import type { LlamaConfig } from '../folder/config.ts';
import {
  add,
  batchMatmul,
  cast,
  multiply,
  reshape,
  softmax,
  subtract,
  sum,
  transpose,
} from '../kernels/operations.ts';
import { scope, type Tensor } from '../kernels/tensor.ts';
import type { AdapterActivations } from './adapter.ts';
import type { Gradients } from './gradients.ts';
import { linear, linearBackward, linearsBackward } from './linear.ts';
import type { PositionTables } from './positions.ts';
import type { Weights } from './weights.ts';

/**
 * Causal self-attention with rotary embeddings and grouped queries (Ainslie et al., 2023). The query heads
 * that share a key-value head are laid out as more rows of one matrix, so keys and values are never
 * repeated: queries [rows * keyValueHeads, length * group, headSize] meet keys [rows * keyValueHeads,
 * length, headSize].
 */
export interface AttentionActivations {
  queries: Tensor;
  keys: Tensor;
  values: Tensor;
  /** softmax of the scores [rows * keyValueHeads, length * group, length] */
  probabilities: Tensor;
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
    const scores = cast(batchMatmul(queries, keys, { transposeB: true }), 'float32');
    const probabilities = cast(softmax(add(scores, shape.positions.causalMask)), x.dtype);
    const mixed = batchMatmul(probabilities, values);
    const merged = mergeHeads(mixed, shape);
    const output = linear(merged, weights, `${name}.o_proj`);
    const adapters = { query: query.saved, key: key.saved, value: value.saved, output: output.saved };
    return { y: output.y, saved: { queries, keys, values, probabilities, mixed, merged, adapters } };
  });
}

/** The softmax's gradient is P * (dP - rowsum(dP * P)), and rowsum(dP * P) = rowsum(dO * O). */
export function attentionBackward(
  dy: Tensor,
  x: Tensor,
  { queries, keys, values, probabilities, mixed, merged, adapters }: AttentionActivations,
  weights: Weights,
  gradients: Gradients,
  name: string,
  shape: AttentionShape,
): Tensor {
  return scope(() => {
    const dMerged = linearBackward(dy, merged, adapters.output, weights, gradients, `${name}.o_proj`);
    const dMixed = splitHeads(dMerged, shape);
    const dScores = scope(() => {
      const dProbabilities = batchMatmul(dMixed, values, { transposeB: true });
      const along = sum(multiply(dMixed, mixed), -1, true);
      return multiply(subtract(dProbabilities, along), probabilities);
    });
    const dValues = batchMatmul(probabilities, dMixed, { transposeA: true });
    const dQueries = batchMatmul(dScores, keys);
    const dKeys = batchMatmul(dScores, queries, { transposeA: true });
    const layers = [
      { dy: rotateBack(mergeHeads(dQueries, shape), shape), saved: adapters.query, name: `${name}.q_proj` },
      { dy: rotateBack(mergeHeads(dKeys, shape), shape), saved: adapters.key, name: `${name}.k_proj` },
      { dy: mergeHeads(dValues, shape), saved: adapters.value, name: `${name}.v_proj` },
    ];
    return linearsBackward(layers, x, weights, gradients);
  });
}

/** Turns each head of [tokens, heads * headSize] by its position: one product with constant rotations. */
export function rotate(x: Tensor, shape: AttentionShape): Tensor {
  return turn(x, shape, false);
}

function rotateBack(dy: Tensor, shape: AttentionShape): Tensor {
  return turn(dy, shape, true);
}

function turn(x: Tensor, { config, length, positions }: AttentionShape, back: boolean): Tensor {
  return scope(() => {
    const heads = reshape(x, [length, -1, config.headSize]);
    return reshape(batchMatmul(heads, positions.rotations, { transposeB: back }), [-1, x.shape[1] ?? 0]);
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
