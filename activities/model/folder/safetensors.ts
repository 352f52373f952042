import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { temporaryName } from '../../artifacts/atomic.ts';
import { parseJson } from '../../artifacts/formats/parse-json.ts';
import { openGiven } from '../../artifacts/given.ts';
import { AlpacaError, storageError } from '../../errors.ts';
import { MOST, requireMemory } from './bounds.ts';
import { elementCount } from './config.ts';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './floats.ts';

/**
 * The safetensors format: eight bytes with the header's length (little-endian), the header (JSON: name to
 * dtype, shape and byte range), the tensors' bytes without gaps. Read and written one tensor at a time.
 */

/** A weight in memory: row-major, always f32. */
export interface Weight {
  shape: number[];
  data: Float32Array;
}

export interface NamedShape {
  name: string;
  shape: number[];
}

export type FileDtype = 'F32' | 'F16' | 'BF16';

export interface TensorEntry {
  name: string;
  dtype: FileDtype;
  shape: number[];
  /** first byte, from the file's start */
  offset: number;
  bytes: number;
}

/** The header of one file, checked: known dtypes, sizes that fit their shapes, no gap, no overlap, no cut. */
export async function readHeader(path: string): Promise<TensorEntry[]> {
  return withFile(path, (file) => parseHeader(file, path));
}

/**
 * Yields the file's tensors in the order of their bytes, widened to f32. `wanted` sees each entry before
 * its bytes are read: false skips it.
 *
 * @throws AlpacaError InvalidInput naming file and tensor
 */
export async function* readTensors(
  path: string,
  wanted: (entry: TensorEntry) => boolean = () => true,
): AsyncGenerator<Weight & { name: string }> {
  const file = await openGiven(path);
  try {
    for (const entry of await parseHeader(file, path)) {
      if (wanted(entry))
        yield { name: entry.name, shape: entry.shape, data: await readOne(file, entry, path) };
    }
  } finally {
    await file.close();
  }
}

/**
 * Some of a tensor's values in row-major order, widened to f32, without reading the others.
 *
 * @throws AlpacaError InvalidInput where the file ends before them
 */
export async function readSlice(
  path: string,
  { name, dtype, shape, offset }: TensorEntry,
  start: number,
  length: number,
): Promise<Float32Array> {
  const size = ELEMENT_BYTES[dtype];
  const slice = { name, dtype, shape, offset: offset + start * size, bytes: length * size };
  return withFile(path, (file) => readOne(file, slice, path));
}

/**
 * Writes the tensors sorted by name, f32 as they are or narrowed to bf16. The file appears whole or not
 * at all, and is not synced.
 *
 * @returns the file's SHA-256
 */
export async function writeTensors(
  path: string,
  tensors: ReadonlyMap<string, Weight>,
  { dtype, metadata }: { dtype: FileDtype; metadata: Record<string, string> },
): Promise<string> {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, { shape, data }] of sorted) {
    if (elementCount(shape) !== data.length)
      throw new RangeError(
        `${name} has ${data.length} values, and [${shape.join(', ')}] needs another number`,
      );
  }
  const shapes = sorted.map(([name, { shape }]) => ({ name, shape }));
  return writeInPieces(path, shapes, { dtype, metadata }, async (append) => {
    for (const [, { data }] of sorted) await append(data);
  });
}

/**
 * Writes tensors whose values come piece by piece: `write` appends them in the order of `shapes`, each tensor's
 * in row-major order. The file appears whole or not at all, and is not synced.
 *
 * @returns the file's SHA-256
 */
export async function writeInPieces(
  path: string,
  shapes: readonly NamedShape[],
  { dtype, metadata }: { dtype: FileDtype; metadata: Record<string, string> },
  write: (append: (values: Float32Array) => Promise<void>) => Promise<void>,
): Promise<string> {
  const temporary = temporaryName(path);
  const hash = createHash('sha256');
  let missing = shapes.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  try {
    const file = await open(temporary, 'wx');
    try {
      await writeBytes(file, formatHeader(shapes, dtype, metadata), hash);
      await write(async (values) => {
        missing -= values.length;
        await writeOne(file, values, dtype, hash);
      });
      if (missing !== 0) throw new RangeError(`${path} has ${missing} values too few`);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    return hash.digest('hex');
  } catch (error) {
    await rm(temporary, { force: true });
    throw storageError(error, path);
  }
}

// reading -----------------------------------------------------------------------------------------------
/** Bytes of one value. */
export const ELEMENT_BYTES: Readonly<Record<FileDtype, number>> = { F32: 4, F16: 2, BF16: 2 };

/** A quarter of the format's own bound: a tensor takes some hundred bytes of a header. */
const MAX_HEADER_BYTES = 25_000_000;
/** Dimensions of a tensor: those of a model have one or two. */
const MAX_RANK = 8;

const headerEntry = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)).max(MAX_RANK),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const header = z.record(z.string(), z.unknown());

async function parseHeader(file: FileHandle, path: string): Promise<TensorEntry[]> {
  const { size } = await file.stat();
  if (size < 8) throw truncated(path, `it has ${size} bytes, and its header alone needs more`);
  const prefix = await readBytes(file, 0, 8, path);
  const headerBytes = Number(prefix.readBigUInt64LE(0));
  if (headerBytes > MAX_HEADER_BYTES) throw bad(path, `its header would be ${headerBytes} bytes long`);
  const start = 8 + headerBytes;
  if (start > size) throw truncated(path, `it has ${size} bytes, and its header ends at ${start}`);
  const entries = parseEntries((await readBytes(file, 8, headerBytes, path)).toString('utf8'), start, path);
  let end = start;
  for (const entry of entries) {
    if (entry.offset < end) throw bad(path, `the bytes of ${entry.name} overlap those of another tensor`);
    if (entry.offset > end)
      throw bad(path, `${entry.offset - end} bytes before ${entry.name} belong to no tensor`);
    end += entry.bytes;
  }
  if (end > size) {
    const cut = entries.find((entry) => entry.offset + entry.bytes > size);
    throw truncated(path, `it has ${size} bytes of ${end}: ${cut?.name} is cut off`);
  }
  if (end < size) throw bad(path, `${size - end} bytes after the last tensor belong to none`);
  return entries;
}

function parseEntries(text: string, start: number, path: string): TensorEntry[] {
  const entries: TensorEntry[] = [];
  const named = Object.entries(parseObject(text, path));
  if (named.length > MOST.tensors)
    throw bad(path, `its header has ${named.length} entries; at most ${MOST.tensors} are read`);
  for (const [name, value] of named) {
    if (name === '__metadata__') continue;
    const checked = headerEntry.safeParse(value);
    if (!checked.success) throw bad(path, `the header's entry for ${name} is not in the format`);
    const { dtype, shape, data_offsets } = checked.data;
    if (!isFileDtype(dtype)) {
      throw bad(
        path,
        `${name} has the dtype ${dtype}, and only ${Object.keys(ELEMENT_BYTES).join(', ')} are read`,
      );
    }
    const bytes = data_offsets[1] - data_offsets[0];
    const expected = elementCount(shape) * ELEMENT_BYTES[dtype];
    if (bytes !== expected)
      throw bad(path, `${name} has ${bytes} bytes, and ${dtype} [${shape.join(', ')}] needs ${expected}`);
    entries.push({ name, dtype, shape, offset: start + data_offsets[0], bytes });
  }
  return entries.sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
}

function parseObject(text: string, path: string): Record<string, unknown> {
  try {
    return header.parse(parseJson(text));
  } catch {
    throw bad(path, 'its header is no JSON object');
  }
}

async function readOne(file: FileHandle, entry: TensorEntry, path: string): Promise<Float32Array> {
  requireMemory(entry.bytes / ELEMENT_BYTES[entry.dtype], path);
  const bytes = await readBytes(file, entry.offset, entry.bytes, path);
  if (entry.dtype === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, entry.bytes / 4);
  const bits = new Uint16Array(bytes.buffer, bytes.byteOffset, entry.bytes / 2);
  return entry.dtype === 'BF16' ? fromBfloat16(bits) : fromFloat16(bits);
}

/** One read may return less than asked for, and no more than 2 GiB: so in pieces. */
async function readBytes(file: FileHandle, offset: number, length: number, path: string): Promise<Buffer> {
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, CHUNK_BYTES), offset + done);
    if (bytesRead === 0) throw truncated(path, `it ended at byte ${offset + done} while being read`);
    done += bytesRead;
  }
  return bytes;
}

async function withFile<Result>(path: string, use: (file: FileHandle) => Promise<Result>): Promise<Result> {
  const file = await openGiven(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

function isFileDtype(dtype: string): dtype is FileDtype {
  return Object.hasOwn(ELEMENT_BYTES, dtype);
}

// writing -----------------------------------------------------------------------------------------------
const CHUNK_BYTES = 1 << 24;

const NARROW: Record<FileDtype, (values: Float32Array) => Float32Array | Uint16Array> = {
  F32: (values) => values,
  F16: toFloat16,
  BF16: toBfloat16,
};

function formatHeader(
  tensors: readonly NamedShape[],
  dtype: FileDtype,
  metadata: Record<string, string>,
): Buffer {
  const entries: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape } of tensors) {
    const end = offset + elementCount(shape) * ELEMENT_BYTES[dtype];
    entries[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(entries), 'utf8');
  // Spaces after the JSON align the tensors to 8 bytes, which readers that map the file count on.
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  padded.writeBigUInt64LE(BigInt(padded.length - 8), 0);
  json.copy(padded, 8);
  return padded;
}

async function writeOne(file: FileHandle, data: Float32Array, dtype: FileDtype, hash: Hash): Promise<void> {
  for (let start = 0; start < data.length; start += CHUNK_BYTES / 4) {
    const part = data.subarray(start, start + CHUNK_BYTES / 4);
    const stored = NARROW[dtype](part);
    await writeBytes(file, new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength), hash);
  }
}

async function writeBytes(file: FileHandle, bytes: Uint8Array, hash: Hash): Promise<void> {
  hash.update(bytes);
  await file.writeFile(bytes);
}

function truncated(path: string, how: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${path} is truncated: ${how}.`, {
    remedy: 'Fetch or copy the file again.',
  });
}

function bad(path: string, how: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${path} is no safetensors file that can be used: ${how}.`, {
    remedy: 'Save the model again with `save_pretrained(..., safe_serialization=True)`.',
  });
}
