import type { Batch } from '../../batch.ts';
import { fromFloats, type Tensor } from '../../kernels/tensor.ts';

/**
 * Attention computes the scores of a range of times at once, against those keys only that one of them may
 * see: none after the range, in packed rows none before the examples that reach into it, and none before the
 * window of its first. So the scores that a mask throws away are few.
 */
export interface QueryChunk {
  /** the queries' times, [start, end) */
  start: number;
  end: number;
  /** the keys' times, [keysFrom, end) */
  keysFrom: number;
  /**
   * f32 [rows, 1, queries * group * keys], or [1, 1, …] where all rows are alike: 0 or MASKED_SCORE. Query
   * t * group + g is head g of its group at the chunk's time t.
   */
  mask: Tensor;
}

/** Added to a score that may not be seen: far below any score, and finite. */
export const MASKED_SCORE = -1e9;

/** Times in a chunk: fewer waste less, and more are faster to multiply. */
const CHUNK_LENGTH = 128;

/** Keys begin at a multiple of this, so that a run meets few different shapes. */
const KEY_STEP = 32;

/**
 * The chunks that cover all times of a batch. The masks are made on the host, once for all layers; the caller
 * or its scope frees them.
 *
 * @param group query heads that share a key-value head
 * @param window tokens that a token sees, itself included; null for all before it
 */
export function queryChunks(
  { rows, length, exampleStarts }: Pick<Batch, 'rows' | 'length' | 'exampleStarts'>,
  group: number,
  window: number | null = null,
): QueryChunk[] {
  const maskRows = exampleStarts ? rows : 1;
  const startOf = (time: number, row: number) =>
    Math.max(exampleStarts?.[time * rows + row] ?? 0, windowStart(time, window));
  const chunks: QueryChunk[] = [];
  for (const { start, end } of chunkRanges(length)) {
    const earliest = Math.min(...Array.from({ length: maskRows }, (_, row) => startOf(start, row)));
    const keysFrom = keyStepBefore(earliest);
    const size = (end - start) * group * (end - keysFrom);
    const mask = new Float32Array(maskRows * size).fill(MASKED_SCORE);
    let query = 0;
    for (let row = 0; row < maskRows; row += 1) {
      for (let time = start; time < end; time += 1) {
        for (let head = 0; head < group; head += 1) {
          mask.fill(0, query + startOf(time, row) - keysFrom, query + time + 1 - keysFrom);
          query += end - keysFrom;
        }
      }
    }
    chunks.push({ start, end, keysFrom, mask: fromFloats([maskRows, 1, size], mask) });
  }
  return chunks;
}

/** The times [start, end) of each chunk of rows of this length, and its keys' [keysFrom, end) in rows of one example. */
export function chunkRanges(
  length: number,
  window: number | null = null,
): Pick<QueryChunk, 'start' | 'end' | 'keysFrom'>[] {
  return Array.from({ length: Math.ceil(length / CHUNK_LENGTH) }, (_, chunk) => ({
    start: chunk * CHUNK_LENGTH,
    end: Math.min(length, (chunk + 1) * CHUNK_LENGTH),
    keysFrom: keyStepBefore(windowStart(chunk * CHUNK_LENGTH, window)),
  }));
}

/** The first time that the token at `time` sees. */
export function windowStart(time: number, window: number | null): number {
  return window === null ? 0 : Math.max(0, time - window + 1);
}

function keyStepBefore(time: number): number {
  return Math.floor(time / KEY_STEP) * KEY_STEP;
}
