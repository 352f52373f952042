import { type FileHandle, open } from 'node:fs/promises';
import { openGiven } from '../../artifacts/given.ts';
import type { Attempt } from '../../attempt.ts';
import { ELEMENT_BYTES, readHeader, type TensorEntry } from '../../model/folder/safetensors.ts';
import { type BaseTensors, readFully } from './base-tensors.ts';

/** What one tensor was XORed with. */
export interface XoredTensor {
  entry: TensorEntry;
  /** null where the base has no such tensor: its bits went through as they are */
  source: TensorEntry | null;
  /** of the base's bytes */
  sha256: string;
}

/** Bytes of a tensor in memory at a time; a whole number of elements of any dtype. */
const PIECE_BYTES = 1 << 24;

/**
 * Copies a safetensors file with its tensors' bits XOR the base's, and its header as it is. Doing it twice
 * gives the first file back: the one operation makes a difference and recovers from it.
 */
export async function xorFile(
  from: string,
  to: string,
  base: BaseTensors,
  attempt: Attempt,
): Promise<XoredTensor[]> {
  const entries = await readHeader(from);
  const [source, target] = [await openGiven(from), await open(to, 'wx')];
  try {
    const header = new Uint8Array(entries[0]?.offset ?? (await source.stat()).size);
    await readFully(source, header, 0);
    await target.writeFile(header);
    const xored: XoredTensor[] = [];
    for (const entry of entries) {
      xored.push(await xorTensor(source, target, entry, base, attempt.signal));
      attempt.report({ done: xored.length, total: entries.length, unit: 'tensors' });
    }
    return xored;
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

async function xorTensor(
  source: FileHandle,
  target: FileHandle,
  entry: TensorEntry,
  base: BaseTensors,
  signal: AbortSignal,
): Promise<XoredTensor> {
  const reader = base.reader(entry);
  for (let done = 0; done < entry.bytes; done += PIECE_BYTES) {
    signal.throwIfAborted();
    const piece = new Uint8Array(Math.min(PIECE_BYTES, entry.bytes - done));
    await readFully(source, piece, entry.offset + done);
    const bits = await reader.next(piece.length / ELEMENT_BYTES[entry.dtype]);
    for (let i = 0; i < piece.length; i += 1) piece[i] = (piece[i] ?? 0) ^ (bits[i] ?? 0);
    await target.writeFile(piece);
  }
  return { entry, source: reader.source, sha256: reader.digest() };
}
