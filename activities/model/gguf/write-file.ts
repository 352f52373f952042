import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { temporaryName } from '../../artifacts/atomic.ts';
import { storageError } from '../../errors.ts';
import { elementCount } from '../folder/config.ts';
import { BLOCK_FORMATS, type WrittenFormat } from './blocks.ts';
import { ALIGNMENT, alignUp, MAGIC, VALUE_TYPES, VERSION } from './format.ts';

/** A value with the type that readers expect it in. */
export type TypedValue =
  | { type: 'uint32' | 'float32'; value: number }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string }
  | { type: 'strings'; values: readonly string[] }
  | { type: 'int32s' | 'float32s'; values: readonly number[] };

export interface TensorToWrite {
  name: string;
  /** rows first, as everywhere here */
  shape: readonly number[];
  format: WrittenFormat;
  /** its bytes in the format, piece by piece */
  pieces(): AsyncIterable<Uint8Array>;
}

/**
 * Writes a GGUF file, a piece of a tensor at a time. It appears whole or not at all, and is not synced.
 *
 * @returns its size in bytes
 */
export async function writeGguf(
  path: string,
  metadata: ReadonlyMap<string, TypedValue>,
  tensors: readonly TensorToWrite[],
): Promise<number> {
  const temporary = temporaryName(path);
  try {
    const file = await open(temporary, 'wx');
    try {
      const head = formatHead(metadata, tensors);
      await file.writeFile(head);
      let size = head.length;
      for (const tensor of tensors) size += await writeTensor(file, tensor);
      await file.close();
      await rename(temporary, path);
      return size;
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(temporary, { force: true });
    throw storageError(error, path);
  }
}

/** How many bytes a tensor has, without those up to the next. */
function tensorBytes({ shape, format }: Pick<TensorToWrite, 'shape' | 'format'>): number {
  const { values, bytes } = BLOCK_FORMATS[format];
  return (elementCount(shape) / values) * bytes;
}

async function writeTensor(file: FileHandle, tensor: TensorToWrite): Promise<number> {
  let written = 0;
  for await (const piece of tensor.pieces()) {
    await file.writeFile(piece);
    written += piece.length;
  }
  const due = tensorBytes(tensor);
  if (written !== due) throw new RangeError(`${tensor.name} has ${written} bytes of ${due}`);
  const whole = alignUp(written, ALIGNMENT);
  await file.writeFile(new Uint8Array(whole - written));
  return whole;
}

function formatHead(metadata: ReadonlyMap<string, TypedValue>, tensors: readonly TensorToWrite[]): Buffer {
  const parts: Buffer[] = [uint32(MAGIC), uint32(VERSION), uint64(tensors.length), uint64(metadata.size)];
  for (const [key, value] of metadata) parts.push(string(key), ...typed(value));
  let offset = 0;
  for (const { name, shape, format } of tensors) {
    parts.push(string(name), uint32(shape.length), ...[...shape].reverse().map(uint64));
    parts.push(uint32(BLOCK_FORMATS[format].id), uint64(offset));
    offset += alignUp(tensorBytes({ shape, format }), ALIGNMENT);
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat(parts, alignUp(length, ALIGNMENT));
}

function typed(given: TypedValue): Buffer[] {
  switch (given.type) {
    case 'uint32':
      return [uint32(VALUE_TYPES.uint32), uint32(given.value)];
    case 'float32':
      return [uint32(VALUE_TYPES.float32), float32(given.value)];
    case 'bool':
      return [uint32(VALUE_TYPES.bool), Buffer.of(Number(given.value))];
    case 'string':
      return [uint32(VALUE_TYPES.string), string(given.value)];
    case 'strings':
      return array(VALUE_TYPES.string, given.values, string);
    case 'int32s':
      return array(VALUE_TYPES.int32, given.values, int32);
    case 'float32s':
      return array(VALUE_TYPES.float32, given.values, float32);
  }
}

function array<Item>(type: number, items: readonly Item[], format: (item: Item) => Buffer): Buffer[] {
  return [uint32(VALUE_TYPES.array), uint32(type), uint64(items.length), ...items.map(format)];
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
