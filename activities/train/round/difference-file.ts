import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { openGiven } from '../../artifacts/given.ts';
import { AlpacaError, storageError } from '../../errors.ts';
import { elementCount } from '../../model/folder/config.ts';
import type { NamedShape } from '../../model/folder/safetensors.ts';
import { decode, type Encoding, encode, encodedBytes } from './encoding.ts';

/**
 * A file of differences: the values of tensors whose names and shapes are kept elsewhere, in pieces, each encoded
 * by itself. It is written and read from its beginning to its end, a piece at a time.
 */

/** Some values of a tensor in row-major order. */
export interface Piece {
  tensor: NamedShape;
  start: number;
  length: number;
}

/** 4 MiB of f32, and whole blocks of int8. */
const PIECE = 1 << 20;

/** The pieces of tensors, in the order in which every file of differences has them. */
export function* piecesOf(tensors: readonly NamedShape[]): Generator<Piece> {
  for (const tensor of tensors) {
    const size = elementCount(tensor.shape);
    for (let start = 0; start < size; start += PIECE)
      yield { tensor, start, length: Math.min(PIECE, size - start) };
  }
}

/** Takes the next piece's values, and gives what a reader will have of them. */
export type AppendPiece = (values: Float32Array) => Promise<Float32Array>;

/**
 * Writes the pieces that `write` appends, in order.
 *
 * @returns the file's SHA-256
 * @throws AlpacaError StorageFull; what `write` throws
 */
export async function writeDifference(
  path: string,
  encoding: Encoding,
  write: (append: AppendPiece) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  try {
    const file = await open(path, 'wx');
    try {
      await write(async (values) => {
        const bytes = encode(values, encoding);
        hash.update(bytes);
        await file.writeFile(bytes);
        return encoding === 'f32' ? values : decode(bytes, encoding, values.length);
      });
    } finally {
      await file.close();
    }
    return hash.digest('hex');
  } catch (error) {
    await rm(path, { force: true });
    throw storageError(error, path);
  }
}

/** Gives the values of piece after piece, each time that it is asked. */
export interface DifferenceReader {
  next(piece: Piece): Promise<Float32Array>;
  close(): Promise<void>;
}

/** @throws AlpacaError CorruptArtifact where the file ends before its pieces; NotFound */
export async function readDifference(path: string, encoding: Encoding): Promise<DifferenceReader> {
  const file = await openGiven(path);
  let at = 0;
  return {
    async next({ tensor, length }) {
      const bytes = new Uint8Array(encodedBytes(length, encoding));
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done);
        if (bytesRead === 0) throw cut(path, tensor.name);
        done += bytesRead;
      }
      at += bytes.length;
      return decode(bytes, encoding, length);
    },
    close: () => file.close(),
  };
}

function cut(path: string, name: string): AlpacaError {
  return new AlpacaError('CorruptArtifact', `${path} ends within the differences of ${name}.`, {
    remedy: 'Delete it and train the round again.',
  });
}
