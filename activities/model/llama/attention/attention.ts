import type { LlamaConfig } from '../../folder/config.ts';
import {
  add,
  addAll,
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
} from '../../kernels/operations.ts';
import { batchMatmul } from '../../kernels/products.ts';
import { scope, type Tensor } from '../../kernels/tensor.ts';
import type { AdapterActivations } from '../adapter.ts';
import type { Gradients } from '../gradients.ts';
import {
  type LinearBackward,
  linear,
  linearBackward,
  linearsBackward,
  linearsBackwardAtBottom,
} from '../linear.ts';
import type { NormActivations } from '../norm.ts';
import type { Weights } from '../weights.ts';
import type { LayerPositions } from './positions.ts';
import type { QueryChunk } from './query-chunks.ts';
import { normHeads, normHeadsBackward } from './query-key-norm.ts';
import { turn } from './turn.ts';

/**
 * Causal self-attention with rotary embeddings and grouped queries (Ainslie et al., 2023). The query heads
 * that share a key-value head are laid out as more rows of one matrix, so keys and values are never
 * repeated: queries [rows * keyValueHeads, length * group, headSize] meet keys [rows * keyValueHeads,
 * length, headSize], a chunk of times at once.
 */
export interface AttentionActivations {
  /** of each chunk its queries */
  queries: Tensor[];
  keys: Tensor;
  values: Tensor;
  /** of each chunk the softmax of its scores [rows * keyValueHeads, queries * group, keys] */
  probabilities: Tensor[];
  /** probabilities x values, as the output projection takes it [tokens, heads * headSize] */
  merged: Tensor;
  /** of queries and keys, where they have norms */
  norms: Record<'query' | 'key', NormActivations | null>;
  adapters: Record<'query' | 'key' | 'value' | 'output', AdapterActivations | null>;
}

/** A batch of `rows` x `length` tokens, time-major, in one layer. */
export interface AttentionShape {
  config: LlamaConfig;
  rows: number;
  length: number;
  positions: LayerPositions;
}

/** @param x [tokens, hidden] in the compute dtype; scores and softmax are in f32 */
export function attention(
  x: Tensor,
  weights: Weights,
  name: string,
  shape: AttentionShape,
): { y: Tensor; saved: AttentionActivations } {
  const { config } = shape;
  return scope(() => {
    const query = linear(x, weights, `${name}.q_proj`);
    const key = linear(x, weights, `${name}.k_proj`);
    const value = linear(x, weights, `${name}.v_proj`);
    const queryNorm = normHeads(query.y, weights, `${name}.q_norm.weight`, config);
    const keyNorm = normHeads(key.y, weights, `${name}.k_norm.weight`, config);
    const turned = turn(queryNorm.y, shape);
    const queries = shape.positions.chunks.map((chunk) => headsOf(turned, chunk, shape));
    const keys = splitHeads(turn(keyNorm.y, shape), shape);
    const values = splitHeads(value.y, shape);
    const chunks = shape.positions.chunks.map((chunk, i) => mix(at(queries, i), keys, values, chunk));
    const probabilities = chunks.map((chunk) => chunk.probabilities);
    const merged = mergeChunks(
      chunks.map((chunk) => chunk.mixed),
      shape,
    );
    const output = linear(merged, weights, `${name}.o_proj`);
    const adapters = { query: query.saved, key: key.saved, value: value.saved, output: output.saved };
    const norms = { query: queryNorm.saved, key: keyNorm.saved };
    return { y: output.y, saved: { queries, keys, values, probabilities, merged, norms, adapters } };
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
  const { merged, norms, adapters } = saved;
  return scope(() => {
    const dMerged = linearBackward(dy, merged, adapters.output, weights, gradients, `${name}.o_proj`);
    const along = sumByHead(multiply(dMerged, merged), shape);
    const chunks = shape.positions.chunks.map((chunk, i) =>
      mixBackward(headsOf(dMerged, chunk, shape), headsOf(along, chunk, shape, 1), saved, chunk, i),
    );
    const dQueries = mergeChunks(
      chunks.map((chunk) => chunk.dQueries),
      shape,
    );
    const dKeys = sumOverChunks(chunks.map((chunk) => chunk.dKeys));
    const dValues = sumOverChunks(chunks.map((chunk) => chunk.dValues));
    const beforeNorm = (dTurned: Tensor, normed: NormActivations | null, norm: string) =>
      normHeadsBackward(turn(dTurned, shape, true), normed, weights, gradients, `${name}.${norm}.weight`);
    const layers: LinearBackward[] = [
      {
        dy: () => scope(() => beforeNorm(dQueries, norms.query, 'q_norm')),
        saved: adapters.query,
        name: `${name}.q_proj`,
      },
      {
        dy: () => scope(() => beforeNorm(mergeHeads(dKeys, shape), norms.key, 'k_norm')),
        saved: adapters.key,
        name: `${name}.k_proj`,
      },
      { dy: () => mergeHeads(dValues, shape), saved: adapters.value, name: `${name}.v_proj` },
    ];
    if (wantsInput) return linearsBackward(layers, x, weights, gradients);
    linearsBackwardAtBottom(layers, x, weights, gradients);
    return null;
  });
}

/** What the chunk's queries see: softmax(scores) x values [rows * keyValueHeads, queries * group, headSize]. */
function mix(queries: Tensor, keys: Tensor, values: Tensor, { keysFrom, end, mask }: QueryChunk) {
  return scope(() => {
    const scores = batchMatmul(queries, timesOf(keys, keysFrom, end), { transposeB: true });
    const byRow = reshape(cast(scores, 'float32'), [mask.shape[0] ?? 1, -1, mask.shape[2] ?? 0]);
    const masked = reshape(add(byRow, mask), scores.shape);
    const probabilities = cast(softmax(masked), keys.dtype);
    return { probabilities, mixed: batchMatmul(probabilities, timesOf(values, keysFrom, end)) };
  });
}

/**
 * The softmax's gradient is P * (dP - rowsum(dP * P)), and rowsum(dP * P) = rowsum(dO * O), which is `along`.
 * The gradients of keys and values are padded to all times, as the chunks' add up.
 */
function mixBackward(
  dMixed: Tensor,
  along: Tensor,
  { queries, keys, values, probabilities }: AttentionActivations,
  { end, keysFrom }: QueryChunk,
  index: number,
) {
  return scope(() => {
    const p = at(probabilities, index);
    const dScores = scope(() => {
      const dProbabilities = batchMatmul(dMixed, timesOf(values, keysFrom, end), { transposeB: true });
      return multiply(subtract(dProbabilities, along), p);
    });
    const [, length = 0] = keys.shape;
    const toAllTimes = (d: Tensor) => (end - keysFrom === length ? d : padMiddle(d, keysFrom, length - end));
    return {
      dQueries: batchMatmul(dScores, timesOf(keys, keysFrom, end)),
      dKeys: toAllTimes(batchMatmul(dScores, at(queries, index), { transposeA: true })),
      dValues: toAllTimes(batchMatmul(p, dMixed, { transposeA: true })),
    };
  });
}

/** The times [start, end) of x [rows * keyValueHeads, length, headSize]. */
function timesOf(x: Tensor, start: number, end: number): Tensor {
  return end - start === x.shape[1] ? x : slice(x, [0, start, 0], [-1, end - start, -1]);
}

/** Splits the heads of a chunk of x [tokens, heads * size]; being time-major, it is cut without a copy. */
function headsOf(x: Tensor, { start, end }: QueryChunk, shape: AttentionShape, size?: number): Tensor {
  const { config, rows } = shape;
  return scope(() => {
    const times = slice(x, [start * rows, 0], [(end - start) * rows, -1]);
    return splitHeads(times, { config, rows, length: end - start }, size);
  });
}

/** Chunks with split heads, in order -> [tokens, heads * headSize]. */
function mergeChunks(chunks: readonly Tensor[], { config, rows, positions }: AttentionShape): Tensor {
  return scope(() => {
    const merged = positions.chunks.map(({ start, end }, i) =>
      mergeHeads(at(chunks, i), { config, rows, length: end - start }),
    );
    return merged.length === 1 ? at(merged, 0) : concat(merged, 0);
  });
}

/** x [tokens, heads * headSize] -> [tokens, heads] */
function sumByHead(x: Tensor, { config }: AttentionShape): Tensor {
  return scope(() => sum(reshape(x, [x.shape[0] ?? 0, -1, config.headSize]), -1));
}

function at(tensors: readonly Tensor[], index: number): Tensor {
  const tensor = tensors[index];
  if (!tensor) throw new RangeError(`there is no chunk ${index}`);
  return tensor;
}

function sumOverChunks(chunks: readonly Tensor[]): Tensor {
  const [first] = chunks;
  return first && chunks.length === 1 ? first : addAll(chunks);
}

/** [length * rows, keyValueHeads * group * size] -> [rows * keyValueHeads, length * group, size] */
function splitHeads(
  x: Tensor,
  { config, rows, length }: Omit<AttentionShape, 'positions'>,
  size = config.headSize,
): Tensor {
  const width = (x.shape[1] ?? 0) / config.keyValueHeads;
  return scope(() => {
    const byTime = reshape(x, [length, rows * config.keyValueHeads, width]);
    const byHead = transpose(byTime, [1, 0, 2]);
    return reshape(byHead, [rows * config.keyValueHeads, -1, size]);
  });
}

/** The inverse of splitHeads. */
function mergeHeads(x: Tensor, { config, rows, length }: Omit<AttentionShape, 'positions'>): Tensor {
  const width = ((x.shape[1] ?? 0) / length) * config.headSize;
  return scope(() => {
    const byHead = reshape(x, [rows * config.keyValueHeads, length, width]);
    const byTime = transpose(byHead, [1, 0, 2]);
    return reshape(byTime, [length * rows, config.keyValueHeads * width]);
  });
}
