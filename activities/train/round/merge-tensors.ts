import { AlpacaError } from '../../errors.ts';
import { indexOfNonFinite } from '../../model/folder/finite.ts';
import {
  type NamedShape,
  readHeader,
  readSlice,
  type TensorEntry,
  writeInPieces,
} from '../../model/folder/safetensors.ts';
import {
  type AppendPiece,
  type DifferenceReader,
  type Piece,
  piecesOf,
  readDifference,
  writeDifference,
} from './difference-file.ts';
import type { Encoding } from './encoding.ts';

/** Some values of a tensor by its name, in row-major order. */
export type ReadValues = (tensor: NamedShape, start: number, length: number) => Promise<Float32Array>;

/** A file of differences, and how much it weighs among others. */
export interface WeightedFile {
  path: string;
  weight: number;
}

/** How the mean of the shards' differences is gone along: DiLoCo's outer optimizer. */
export interface OuterStep {
  /** 1, with a momentum of 0, is the mean itself */
  learningRate: number;
  momentum: number;
}

/** What a merge says as it goes on, and is stopped by. */
export interface MergeWatch {
  signal: AbortSignal;
  merged(values: number): void;
}

/** What the differences lead on from. */
export interface MergeStart {
  weights: ReadValues;
  /** of the round before; null where there is none */
  momentum: ReadValues | null;
  /** what the encoding lost in the round before: a file; null where nothing was */
  lost: string | null;
}

/** Where what is merged is written; `momentum` and `lost` only where the merge has any. */
export interface MergeTargets {
  weights: string;
  difference: string;
  momentum: string;
  lost: string;
}

/** Digests of what is written. */
export interface Merged {
  weights: string;
  difference: string;
  momentum: string | null;
  lost: string | null;
}

/** What is lost in encoding is kept in this itself, whose own loss is some ten-thousandth of a difference. */
export const LOST_ENCODING = 'int8';

/**
 * The outer step of DiLoCo (Douillard et al., 2023, algorithm 1), with Nesterov momentum as PyTorch's SGD has it. Of
 * the shards' weighted mean difference m, the momentum v (0 in the first round) and what was lost before, e:
 *
 *   v' = momentum v - m                          -m is the outer gradient
 *   c  = e - learningRate (momentum v' - m)      what the weights are to change by; e + m without an outer step
 *   c' = c as it can be encoded, and e' = c - c' is what the next round begins with
 *   w' = w + c'
 *
 * So whoever has w and c' has w' to the bit. Sums of products are f64, in the order of the files; the momentum and
 * c are rounded to f32 before they are used.
 *
 * @param tensors of all files alike
 * @throws AlpacaError TrainingDiverged where a value is not finite; CorruptArtifact where a file is too short
 */
export async function mergeDifferences(
  {
    files,
    tensors,
    encoding,
  }: { files: readonly WeightedFile[]; tensors: readonly NamedShape[]; encoding: Encoding },
  start: MergeStart,
  outer: OuterStep | null,
  targets: MergeTargets,
  { signal, merged }: MergeWatch,
): Promise<Merged> {
  const readers: DifferenceReader[] = [];
  const open = async (path: string, as: Encoding) => {
    const reader = await readDifference(path, as);
    readers.push(reader);
    return reader;
  };
  try {
    const all = files.reduce((sum, { weight }) => sum + weight, 0);
    const parts: { reader: DifferenceReader; share: number }[] = [];
    for (const { path, weight } of files)
      parts.push({ reader: await open(path, encoding), share: weight / all });
    const lostBefore = start.lost === null ? null : await open(start.lost, LOST_ENCODING);
    return await writeAll(targets, { tensors, encoding, hasMomentum: outer !== null }, async (append) => {
      for (const piece of piecesOf(tensors)) {
        signal.throwIfAborted();
        const { tensor, length } = piece;
        const change = await meanOf(parts, piece);
        if (outer !== null) {
          const velocity = (await start.momentum?.(tensor, piece.start, length)) ?? new Float32Array(length);
          stepAlong(change, velocity, outer);
          await append.momentum(finite(velocity, tensor.name));
        }
        const before = await lostBefore?.next(piece);
        const wanted = new Float32Array(length);
        for (let i = 0; i < length; i += 1) wanted[i] = (change[i] ?? Number.NaN) + (before?.[i] ?? 0);
        const kept = await append.difference(finite(wanted, tensor.name));
        await append.lost(subtract(wanted, kept));
        const weights = await start.weights(tensor, piece.start, length);
        await append.weights(finite(sum(weights, kept), tensor.name));
        merged(length);
      }
    });
  } finally {
    for (const reader of readers) await reader.close();
  }
}

/** The weights that a difference leads to, as `mergeDifferences` has written them. @returns the file's SHA-256 */
export async function applyDifference(
  difference: { path: string; encoding: Encoding },
  tensors: readonly NamedShape[],
  weights: ReadValues,
  target: string,
): Promise<string> {
  const reader = await readDifference(difference.path, difference.encoding);
  try {
    return await writeInPieces(target, tensors, FORMAT, async (append) => {
      for (const piece of piecesOf(tensors)) {
        const before = await weights(piece.tensor, piece.start, piece.length);
        await append(sum(before, await reader.next(piece)));
      }
    });
  } finally {
    await reader.close();
  }
}

/** Reads the values of tensors, each of which is in one of the files. */
export async function valuesOf(paths: readonly string[]): Promise<ReadValues> {
  const places = new Map<string, { path: string; entry: TensorEntry }>();
  for (const path of paths) {
    for (const entry of await readHeader(path)) places.set(entry.name, { path, entry });
  }
  return async (tensor, start, length) => {
    const place = places.get(tensor.name);
    if (!place || !sameShape(place.entry, tensor)) throw unlike(paths.join(', '), tensor.name);
    return readSlice(place.path, place.entry, start, length);
  };
}

export function subtract(from: Float32Array, values: Float32Array): Float32Array {
  const difference = new Float32Array(from.length);
  for (let i = 0; i < from.length; i += 1) difference[i] = (from[i] ?? 0) - (values[i] ?? Number.NaN);
  return difference;
}

/** @throws AlpacaError TrainingDiverged */
export function finite(values: Float32Array, name: string): Float32Array {
  const spoiled = indexOfNonFinite(values);
  if (spoiled < 0) return values;
  throw new AlpacaError('TrainingDiverged', `Merging the round made a value of ${name} ${values[spoiled]}.`, {
    remedy: 'The checkpoint before the round is kept. Lower the outer learning rate or the learning rate.',
  });
}

const FORMAT = { dtype: 'F32', metadata: { format: 'pt' } } as const;

interface Append {
  weights(values: Float32Array): Promise<void>;
  momentum(values: Float32Array): Promise<void>;
  difference: AppendPiece;
  lost: AppendPiece;
}

/** All files of a merge at once, since each piece of them is made of the same values. */
async function writeAll(
  targets: MergeTargets,
  {
    tensors,
    encoding,
    hasMomentum,
  }: { tensors: readonly NamedShape[]; encoding: Encoding; hasMomentum: boolean },
  write: (append: Append) => Promise<void>,
): Promise<Merged> {
  const nowhere: AppendPiece = async (values) => values;
  const written: Merged = { weights: '', difference: '', momentum: null, lost: null };
  const withLost = async (append: Omit<Append, 'lost'>) => {
    if (encoding === 'f32') return write({ ...append, lost: nowhere });
    written.lost = await writeDifference(targets.lost, LOST_ENCODING, (lost) => write({ ...append, lost }));
  };
  const withMomentum = async (append: Omit<Append, 'lost' | 'momentum'>) => {
    if (!hasMomentum) return withLost({ ...append, momentum: async () => {} });
    written.momentum = await writeInPieces(targets.momentum, tensors, FORMAT, (momentum) =>
      withLost({ ...append, momentum }),
    );
  };
  written.weights = await writeInPieces(targets.weights, tensors, FORMAT, async (weights) => {
    written.difference = await writeDifference(targets.difference, encoding, (difference) =>
      withMomentum({ weights, difference }),
    );
  });
  return written;
}

/** In f64, rounded nowhere. */
async function meanOf(
  parts: readonly { reader: DifferenceReader; share: number }[],
  piece: Piece,
): Promise<Float64Array> {
  const mean = new Float64Array(piece.length);
  for (const { reader, share } of parts) {
    const values = await reader.next(piece);
    for (let i = 0; i < mean.length; i += 1) mean[i] = (mean[i] ?? 0) + share * (values[i] ?? Number.NaN);
  }
  return mean;
}

/** Changes the mean difference to the outer step, and the momentum to that of after it. */
function stepAlong(
  change: Float64Array,
  velocity: Float32Array,
  { learningRate, momentum }: OuterStep,
): void {
  for (let i = 0; i < change.length; i += 1) {
    const mean = change[i] ?? Number.NaN;
    const v = Math.fround(momentum * (velocity[i] ?? Number.NaN) - mean);
    velocity[i] = v;
    change[i] = learningRate * (mean - momentum * v);
  }
}

function sum(values: Float32Array, others: Float32Array): Float32Array {
  const total = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 1) total[i] = (values[i] ?? 0) + (others[i] ?? Number.NaN);
  return total;
}

function sameShape(a: NamedShape, b: NamedShape): boolean {
  return a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);
}

function unlike(path: string, name: string): AlpacaError {
  return new AlpacaError('CorruptArtifact', `${path} has not the tensor ${name} that the others have.`, {
    remedy: 'Start the training again under another id: its shards are trained anew.',
  });
}
