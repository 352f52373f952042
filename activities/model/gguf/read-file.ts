import type { FileHandle } from 'node:fs/promises';
import { openGiven } from '../../artifacts/given.ts';
import { MOST } from '../folder/bounds.ts';
import { elementCount } from '../folder/config.ts';
import { BLOCK_FORMATS, type BlockFormatName, OTHER_FORMATS } from './blocks.ts';
import {
  ALIGNMENT,
  ALIGNMENT_KEY,
  alignUp,
  badGguf,
  cutShort,
  MAGIC,
  type Metadata,
  type Scalar,
  VALUE_TYPES,
  VERSION,
} from './format.ts';

export interface StoredTensor {
  name: string;
  /** rows first, as everywhere here */
  shape: number[];
  format: BlockFormatName;
  /** first byte, from the file's start */
  offset: number;
  bytes: number;
}

export interface GgufHead {
  metadata: Metadata;
  tensors: StoredTensor[];
}

/**
 * Reads what a GGUF file says of itself, and checks that its tensors lie in it: no tensor is read.
 *
 * @throws AlpacaError NotFound; InvalidInput for another file, one that is cut short, or a format that is not read
 */
export async function readGgufHead(path: string): Promise<GgufHead> {
  const file = await openGiven(path);
  try {
    const { size } = await file.stat();
    for (let length = FIRST_BYTES; ; length *= 4) {
      const bytes = await readFrom(file, 0, Math.min(length, size), path);
      try {
        return parseHead(bytes, size, path);
      } catch (error) {
        if (!(error instanceof EndOfBytes)) throw error;
        if (length >= size) throw cutShort(path, `it has ${size} bytes, and its header alone needs more`);
        if (length >= MOST_HEAD_BYTES)
          throw badGguf(path, `its header is longer than ${MOST_HEAD_BYTES} bytes`);
      }
    }
  } finally {
    await file.close();
  }
}

/**
 * Some rows of a tensor at a time, in order, widened to f32.
 *
 * @throws AlpacaError InvalidInput where the file ends before them
 */
export async function* readRowsOf(
  path: string,
  { shape, format, offset }: StoredTensor,
  rowsAtOnce: number,
): AsyncGenerator<Float32Array> {
  const { values, bytes, unpack } = BLOCK_FORMATS[format];
  const rowBytes = ((shape.at(-1) ?? 1) / values) * bytes;
  const rows = elementCount(shape.slice(0, -1));
  const file = await openGiven(path);
  try {
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rows - row);
      yield unpack(await readFrom(file, offset + row * rowBytes, count * rowBytes, path));
    }
  } finally {
    await file.close();
  }
}

// details -----------------------------------------------------------------------------------------------
const FIRST_BYTES = 1 << 22;
/** The header of Gemma 3, of the largest vocabulary, has some ten million. */
const MOST_HEAD_BYTES = 1 << 28;
/** Of an array: a model has as many tokens, and about twice as many merges. */
const MOST_ITEMS = 2 * MOST.vocabulary;
const MOST_KEYS = 4096;
const MOST_RANK = 4;

/** More of the file is needed. */
class EndOfBytes extends Error {}

function parseHead(bytes: Buffer, size: number, path: string): GgufHead {
  const reader = new Reader(bytes, path);
  if (reader.uint32() !== MAGIC) throw badGguf(path, 'it does not begin with GGUF');
  const version = reader.uint32();
  if (version !== VERSION && version !== 2)
    throw badGguf(path, `it is of version ${version}; those of version 2 and 3 are read`);
  const [tensorCount, keyCount] = [reader.count(MOST.tensors), reader.count(MOST_KEYS)];
  const metadata: Metadata = new Map();
  for (let i = 0; i < keyCount; i += 1) metadata.set(reader.string(), reader.value(reader.uint32()));
  const infos = Array.from({ length: tensorCount }, () => tensorInfo(reader, path));
  const alignment = metadata.get(ALIGNMENT_KEY) ?? ALIGNMENT;
  if (typeof alignment !== 'number' || !(alignment >= 1 && alignment <= 1 << 20))
    throw badGguf(path, `${ALIGNMENT_KEY} is ${alignment}`);
  const start = alignUp(reader.at, alignment);
  const tensors = infos.map((info) => ({ ...info, offset: start + info.offset }));
  for (const { name, offset, bytes: length } of tensors)
    if (offset + length > size)
      throw cutShort(path, `it has ${size} bytes, and ${name} ends at ${offset + length}`);
  return { metadata, tensors };
}

function tensorInfo(reader: Reader, path: string): StoredTensor {
  const name = reader.string();
  const rank = reader.uint32();
  if (rank < 1 || rank > MOST_RANK) throw badGguf(path, `${name} has ${rank} dimensions`);
  const shape = Array.from({ length: rank }, () => reader.count(MOST.parameters)).reverse();
  const id = reader.uint32();
  const offset = reader.count(Number.MAX_SAFE_INTEGER);
  const format = (Object.keys(BLOCK_FORMATS) as BlockFormatName[]).find(
    (known) => BLOCK_FORMATS[known].id === id,
  );
  if (format === undefined)
    throw badGguf(
      path,
      `${name} is in ${OTHER_FORMATS[id] ?? `the format ${id}`}; read are ${Object.keys(BLOCK_FORMATS).join(', ')}`,
      'Convert it with llama.cpp: llama-quantize --allow-requantize IN.gguf OUT.gguf f16.',
    );
  const { values, bytes } = BLOCK_FORMATS[format];
  const blocks = elementCount(shape) / values;
  if ((shape.at(-1) ?? 0) % values !== 0)
    throw badGguf(path, `a row of ${name} has ${shape.at(-1)} values, which are no blocks of ${values}`);
  return { name, shape, format, offset, bytes: blocks * bytes };
}

class Reader {
  at = 0;
  readonly #bytes: Buffer;
  readonly #path: string;

  constructor(bytes: Buffer, path: string) {
    this.#bytes = bytes;
    this.#path = path;
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  count(most: number): number {
    const value = this.#bytes.readBigUInt64LE(this.#take(8));
    if (value > most) throw badGguf(this.#path, `it names a size of ${value}; at most ${most} is read`);
    return Number(value);
  }

  string(): string {
    const length = this.count(MOST_HEAD_BYTES);
    const from = this.#take(length);
    return this.#bytes.toString('utf8', from, from + length);
  }

  value(type: number): Scalar | Scalar[] {
    if (type !== VALUE_TYPES.array) return this.#scalar(type);
    const itemType = this.uint32();
    const length = this.count(MOST_ITEMS);
    return Array.from({ length }, () => this.#scalar(itemType));
  }

  #scalar(type: number): Scalar {
    const bytes = this.#bytes;
    switch (type) {
      case VALUE_TYPES.uint8:
        return bytes.readUInt8(this.#take(1));
      case VALUE_TYPES.int8:
        return bytes.readInt8(this.#take(1));
      case VALUE_TYPES.uint16:
        return bytes.readUInt16LE(this.#take(2));
      case VALUE_TYPES.int16:
        return bytes.readInt16LE(this.#take(2));
      case VALUE_TYPES.uint32:
        return bytes.readUInt32LE(this.#take(4));
      case VALUE_TYPES.int32:
        return bytes.readInt32LE(this.#take(4));
      case VALUE_TYPES.float32:
        return bytes.readFloatLE(this.#take(4));
      case VALUE_TYPES.bool:
        return bytes.readUInt8(this.#take(1)) !== 0;
      case VALUE_TYPES.string:
        return this.string();
      case VALUE_TYPES.uint64:
        return Number(bytes.readBigUInt64LE(this.#take(8)));
      case VALUE_TYPES.int64:
        return Number(bytes.readBigInt64LE(this.#take(8)));
      case VALUE_TYPES.float64:
        return bytes.readDoubleLE(this.#take(8));
      default:
        throw badGguf(this.#path, `it has a value of the type ${type}`);
    }
  }

  /** Where the next bytes begin; moves behind them. */
  #take(length: number): number {
    const from = this.at;
    if (from + length > this.#bytes.length) throw new EndOfBytes();
    this.at = from + length;
    return from;
  }
}

async function readFrom(file: FileHandle, offset: number, length: number, path: string): Promise<Buffer> {
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw cutShort(path, `it ended at byte ${offset + done} while being read`);
    done += bytesRead;
  }
  return bytes;
}
