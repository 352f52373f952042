import { AlpacaError } from '../../errors.ts';
import {
  type NamedShape,
  readHeader,
  readSlice,
  type TensorEntry,
  writeInPieces,
} from '../../model/folder/safetensors.ts';

/** A file of tensors that is merged with others, and how much it weighs. */
export interface WeightedFile {
  path: string;
  /** steps that its shard made */
  steps: number;
}

/** How the mean of the shards' weights is gone towards: DiLoCo's outer optimizer. */
export interface OuterStep {
  /** 1, with a momentum of 0, is the mean itself */
  learningRate: number;
  momentum: number;
}

/** Some values of a tensor by its name, in row-major order. */
export type ReadValues = (tensor: NamedShape, start: number, length: number) => Promise<Float32Array>;

/** What a merge says as it goes on, and is stopped by. */
export interface MergeWatch {
  signal: AbortSignal;
  merged(values: number): void;
}

/** Values that are held of each file at once: 4 MiB of f32. */
const PIECE = 1 << 20;

/**
 * The mean of files that hold the same tensors, weighted by steps. Products and sums are f64, in the order of
 * the files, and rounded to f32 once, so the result is a function of the files alone.
 *
 * @returns the SHA-256 of the file that is written
 * @throws AlpacaError CorruptArtifact where their tensors differ, TrainingDiverged where a mean is not finite
 */
export async function mergeMean(
  files: readonly WeightedFile[],
  target: string,
  watch: MergeWatch,
): Promise<string> {
  return inPieces(files, watch, (tensors, eachPiece) =>
    writeInPieces(target, tensors, FORMAT, (append) =>
      eachPiece(async ({ mean }, { name }) => append(finite(Float32Array.from(mean), name))),
    ),
  );
}

/**
 * The outer step of DiLoCo (Douillard et al., 2023, algorithm 1) with Nesterov momentum as PyTorch's SGD has
 * it. Of a weight w that the shards have brought to the mean m:
 *
 *   d  = w - m                  the outer gradient
 *   v' = momentum v + d         v is 0 in the first round
 *   w' = w - learningRate (d + momentum v')
 *
 * computed in f64 as m + (d - learningRate (d + momentum v')), which is m to the bit where the learning rate is
 * 1 and the momentum 0. The momentum is rounded to f32 before it is used: it is what the checkpoint has.
 *
 * @param before the weights that the round began with, and the momentum of the round before, if any
 * @returns the SHA-256 of the files that are written
 * @throws as mergeMean
 */
export async function mergeNesterov(
  files: readonly WeightedFile[],
  before: { weights: ReadValues; momentum: ReadValues | null },
  { learningRate, momentum }: OuterStep,
  targets: { weights: string; momentum: string },
  watch: MergeWatch,
): Promise<{ weights: string; momentum: string }> {
  return inPieces(files, watch, async (tensors, eachPiece) => {
    let written = '';
    const weights = await writeInPieces(targets.weights, tensors, FORMAT, async (appendWeights) => {
      written = await writeInPieces(targets.momentum, tensors, FORMAT, (appendMomentum) =>
        eachPiece(async ({ mean, start }, tensor) => {
          const weights = await before.weights(tensor, start, mean.length);
          const velocity =
            (await before.momentum?.(tensor, start, mean.length)) ?? new Float32Array(mean.length);
          const moved = new Float32Array(mean.length);
          for (let i = 0; i < mean.length; i += 1) {
            const m = mean[i] ?? Number.NaN;
            const change = (weights[i] ?? Number.NaN) - m;
            const v = Math.fround(momentum * (velocity[i] ?? Number.NaN) + change);
            velocity[i] = v;
            moved[i] = m + (change - learningRate * (change + momentum * v));
          }
          await appendWeights(finite(moved, tensor.name));
          await appendMomentum(finite(velocity, tensor.name));
        }),
      );
    });
    return { weights, momentum: written };
  });
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

const FORMAT = { dtype: 'F32', metadata: { format: 'pt' } } as const;

interface MeanPiece {
  /** f64, not rounded yet */
  mean: Float64Array;
  /** its place in the tensor */
  start: number;
}
type EachPiece = (use: (piece: MeanPiece, tensor: NamedShape) => Promise<void>) => Promise<void>;

async function inPieces<Written>(
  files: readonly WeightedFile[],
  { signal, merged }: MergeWatch,
  write: (tensors: TensorEntry[], eachPiece: EachPiece) => Promise<Written>,
): Promise<Written> {
  const [first, ...others] = await Promise.all(
    files.map(async ({ path }) => ({ path, entries: await readHeader(path) })),
  );
  if (!first) throw new RangeError('there is nothing to merge');
  for (const { path, entries } of others) checkAlike(first.entries, entries, path);
  const tensors = first.entries;
  return write(tensors, async (use) => {
    for (const tensor of tensors) {
      const size = tensor.shape.reduce((product, length) => product * length, 1);
      for (let start = 0; start < size; start += PIECE) {
        signal.throwIfAborted();
        const length = Math.min(PIECE, size - start);
        await use({ mean: await meanOf(files, tensor, start, length), start }, tensor);
        merged(length);
      }
    }
  });
}

/** Every file was written by writeTensors: equal tensors lie at equal places. */
async function meanOf(
  files: readonly WeightedFile[],
  tensor: TensorEntry,
  start: number,
  length: number,
): Promise<Float64Array> {
  const sum = new Float64Array(length);
  for (const { path, steps } of files) {
    const values = await readSlice(path, tensor, start, length);
    for (let i = 0; i < length; i += 1) sum[i] = (sum[i] ?? 0) + steps * (values[i] ?? Number.NaN);
  }
  const all = files.reduce((total, { steps }) => total + steps, 0);
  for (let i = 0; i < length; i += 1) sum[i] = (sum[i] ?? 0) / all;
  return sum;
}

function checkAlike(expected: readonly TensorEntry[], found: readonly TensorEntry[], path: string): void {
  for (let i = 0; i < Math.max(expected.length, found.length); i += 1) {
    const [wanted, entry] = [expected[i], found[i]];
    const isAlike =
      wanted &&
      entry &&
      wanted.name === entry.name &&
      wanted.offset === entry.offset &&
      sameShape(wanted, entry);
    if (!isAlike) throw unlike(path, (wanted ?? entry)?.name ?? '');
  }
}

function sameShape(a: NamedShape, b: NamedShape): boolean {
  return a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);
}

function unlike(path: string, name: string): AlpacaError {
  return new AlpacaError('CorruptArtifact', `${path} has not the tensor ${name} that the others have.`, {
    remedy: 'Start the training again under another id: its shards are trained anew.',
  });
}

function finite(values: Float32Array, name: string): Float32Array {
  const spoiled = values.find((value) => !Number.isFinite(value));
  if (spoiled === undefined) return values;
  throw new AlpacaError('TrainingDiverged', `Merging the round made a value of ${name} ${spoiled}.`, {
    remedy: 'The checkpoint before the round is kept. Lower the outer learning rate or the learning rate.',
  });
}
