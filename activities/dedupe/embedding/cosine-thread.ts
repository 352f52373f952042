import { parentPort, workerData } from 'node:worker_threads';
import { createDotKernel, TILE } from './dot-kernel.ts';

/** A thread that compares a block of texts with others, by their vectors. One reply to each request. */

export interface CosineSettings {
  /** one unit vector after another: text i is vectors[i * dimensions ..] */
  vectors: Float32Array<SharedArrayBuffer>;
  dimensions: number;
  /** the texts kept so far, in order; the request says which of them count */
  kept: Int32Array<SharedArrayBuffer>;
  threshold: number;
  /** the most texts of a block */
  blockTexts: number;
}

export interface CosineRequest {
  /** the block: so many texts from this one on */
  first: number;
  count: number;
  /** compared with kept[from..to); null: with the block itself */
  with: { from: number; to: number } | null;
}

export type CosineReply =
  /** per text of the block: the most similar kept one above the threshold (the first among equals), or -1 */
  | { kind: 'nearest'; texts: Int32Array; cosines: Float64Array }
  /** count x count cosines of the block with itself */
  | { kind: 'within'; cosines: Float32Array };

const { vectors, dimensions, kept, threshold, blockTexts } = workerData as CosineSettings;

const rowBytes = 4 * dimensions;
const blockBytes = rowBytes * Math.ceil(blockTexts / TILE.rows) * TILE.rows;
const panelBytes = rowBytes * TILE.columns;
const tileFloats = TILE.rows * TILE.columns;
const totalBytes = blockBytes + panelBytes + 4 * tileFloats;
const memory = new WebAssembly.Memory({ initial: Math.ceil(totalBytes / 65_536) });
const tile = createDotKernel(memory);
const block = new Float32Array(memory.buffer, 0, blockBytes / 4);
const panel = new Float32Array(memory.buffer, blockBytes, panelBytes / 4);
const out = new Float32Array(memory.buffer, blockBytes + panelBytes, tileFloats);
let loaded = -1;

parentPort?.on('message', (request: CosineRequest) => {
  parentPort?.postMessage(request.with === null ? within(request) : nearest(request, request.with));
});

function nearest({ first, count }: CosineRequest, { from, to }: { from: number; to: number }): CosineReply {
  const texts = new Int32Array(count).fill(-1);
  const cosines = new Float64Array(count).fill(threshold);
  const columns = kept.subarray(from, to);
  compare(first, count, columns, ({ row, column, height, width }) => {
    for (let i = 0; i < height; i += 1)
      for (let j = 0; j < width; j += 1) {
        const cosine = cosineAt(i, j);
        if (cosine <= (cosines[row + i] ?? 0)) continue;
        cosines[row + i] = cosine;
        texts[row + i] = columns[column + j] ?? -1;
      }
  });
  return { kind: 'nearest', texts, cosines };
}

function within({ first, count }: CosineRequest): CosineReply {
  const cosines = new Float32Array(count * count);
  const columns = Int32Array.from({ length: count }, (_, row) => first + row);
  compare(first, count, columns, ({ row, column, height, width }) => {
    for (let i = 0; i < height; i += 1)
      for (let j = 0; j < width; j += 1) cosines[(row + i) * count + column + j] = cosineAt(i, j);
  });
  return { kind: 'within', cosines };
}

/** A tile of cosines: where it lies, and how much of it counts at the edges. */
interface Tile {
  row: number;
  column: number;
  height: number;
  width: number;
}

/** Rounding can carry the product of two unit vectors past 1. */
function cosineAt(i: number, j: number): number {
  return Math.min(1, out[i * TILE.columns + j] ?? 0);
}

/** Computes the cosines of the block's texts with the columns, a tile at a time, a text's in their order. */
function compare(first: number, count: number, columns: Int32Array, take: (tile: Tile) => void): void {
  loadBlock(first, count);
  for (let column = 0; column < columns.length; column += TILE.columns) {
    const width = Math.min(TILE.columns, columns.length - column);
    loadPanel(columns, column, width);
    for (let row = 0; row < count; row += TILE.rows) {
      tile(row * rowBytes, (row + 1) * rowBytes, rowBytes, blockBytes, blockBytes + panelBytes);
      take({ row, column, height: Math.min(TILE.rows, count - row), width });
    }
  }
}

function loadBlock(first: number, count: number): void {
  if (loaded === first) return;
  loaded = first;
  block.set(vectors.subarray(first * dimensions, (first + count) * dimensions));
}

function loadPanel(columns: Int32Array, column: number, width: number): void {
  for (let j = 0; j < width; j += 1) {
    const start = (columns[column + j] ?? 0) * dimensions;
    for (let k = 0; k < dimensions; k += 1) panel[k * TILE.columns + j] = vectors[start + k] ?? 0;
  }
}
