import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../folder/floats.ts';

/**
 * How tensors lie in a GGUF file: values one by one, or blocks of 32 with a scale of their own (ggml's "legacy" formats).
 * Of the others, whose scales lie in two levels, llama.cpp's own tool makes one of these.
 */
export interface BlockFormat {
  /** the number by which a file names it */
  id: number;
  /** values of a block */
  values: number;
  /** bytes of a block */
  bytes: number;
  /** what `bytes` says, widened to f32 exactly as ggml's own reference does */
  unpack(bytes: Uint8Array): Float32Array;
}

const BLOCK = 32;

export const BLOCK_FORMATS = {
  F32: { id: 0, values: 1, bytes: 4, unpack: (bytes) => new Float32Array(aligned(bytes, 4)) },
  F16: { id: 1, values: 1, bytes: 2, unpack: (bytes) => fromFloat16(new Uint16Array(aligned(bytes, 2))) },
  BF16: { id: 30, values: 1, bytes: 2, unpack: (bytes) => fromBfloat16(new Uint16Array(aligned(bytes, 2))) },
  Q4_0: { id: 2, values: BLOCK, bytes: 18, unpack: (bytes) => unpackNibbles(bytes, 18) },
  Q4_1: { id: 3, values: BLOCK, bytes: 20, unpack: (bytes) => unpackNibbles(bytes, 20) },
  Q8_0: { id: 8, values: BLOCK, bytes: 34, unpack: unpackBytes },
} as const satisfies Record<string, BlockFormat>;
export type BlockFormatName = keyof typeof BLOCK_FORMATS;

/** ggml's names of the formats that are not read, for messages. */
export const OTHER_FORMATS: Readonly<Record<number, string>> = {
  6: 'Q5_0',
  7: 'Q5_1',
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  12: 'Q4_K',
  13: 'Q5_K',
  14: 'Q6_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  28: 'F64',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
};

/** The formats that are written. */
export type WrittenFormat = 'F32' | 'F16' | 'BF16' | 'Q8_0';

/** The bytes of values in a format; for Q8_0 a multiple of 32 of them. */
export function pack(values: Float32Array, format: WrittenFormat): Uint8Array {
  switch (format) {
    case 'F32':
      return bytesOf(values);
    case 'F16':
      return bytesOf(toFloat16(values));
    case 'BF16':
      return bytesOf(toBfloat16(values));
    case 'Q8_0':
      return packBytes(values);
  }
}

// details -----------------------------------------------------------------------------------------------
/** A block of Q4_0 is a scale (f16) and 32 half bytes, of Q4_1 a scale, the least value and 32 half bytes. */
function unpackNibbles(bytes: Uint8Array, blockBytes: 18 | 20): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blocks = bytes.length / blockBytes;
  const scales = halves(view, blocks, blockBytes, 0);
  const least = blockBytes === 20 ? halves(view, blocks, blockBytes, 2) : null;
  const values = new Float32Array(blocks * BLOCK);
  for (let block = 0; block < blocks; block += 1) {
    const scale = scales[block] ?? 0;
    const offset = least === null ? -8 * scale : (least[block] ?? 0);
    const from = (block + 1) * blockBytes - BLOCK / 2;
    for (let i = 0; i < BLOCK / 2; i += 1) {
      const both = bytes[from + i] ?? 0;
      values[block * BLOCK + i] = (both & 15) * scale + offset;
      values[block * BLOCK + BLOCK / 2 + i] = (both >>> 4) * scale + offset;
    }
  }
  return values;
}

/** A block of Q8_0 is a scale (f16) and 32 whole numbers of -127 to 127. */
function unpackBytes(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { bytes: blockBytes } = BLOCK_FORMATS.Q8_0;
  const blocks = bytes.length / blockBytes;
  const scales = halves(view, blocks, blockBytes, 0);
  const values = new Float32Array(blocks * BLOCK);
  for (let block = 0; block < blocks; block += 1) {
    const scale = scales[block] ?? 0;
    const from = block * blockBytes + 2;
    for (let i = 0; i < BLOCK; i += 1) values[block * BLOCK + i] = scale * view.getInt8(from + i);
  }
  return values;
}

/** As ggml's reference rounds: by the scale in f32, halves away from zero, and then the scale itself to f16. */
function packBytes(values: Float32Array): Uint8Array {
  const blocks = values.length / BLOCK;
  if (!Number.isInteger(blocks)) throw new RangeError(`${values.length} values are no whole blocks`);
  const { bytes: blockBytes } = BLOCK_FORMATS.Q8_0;
  const packed = new Uint8Array(blocks * blockBytes);
  const numbers = new Int8Array(packed.buffer);
  const scales = new Float32Array(blocks);
  for (let block = 0; block < blocks; block += 1) {
    let largest = 0;
    for (let i = block * BLOCK; i < (block + 1) * BLOCK; i += 1)
      largest = Math.max(largest, Math.abs(values[i] ?? 0));
    const scale = Math.fround(largest / 127);
    scales[block] = scale;
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    for (let i = 0; i < BLOCK; i += 1) {
      const steps = Math.fround((values[block * BLOCK + i] ?? 0) * inverse);
      const rounded = Math.floor(Math.abs(steps) + 0.5);
      numbers[block * blockBytes + 2 + i] = steps < 0 ? -rounded : rounded;
    }
  }
  const view = new DataView(packed.buffer);
  for (const [block, bits] of toFloat16(scales).entries()) view.setUint16(block * blockBytes, bits, true);
  return packed;
}

function halves(view: DataView, blocks: number, blockBytes: number, at: number): Float32Array {
  const bits = new Uint16Array(blocks);
  for (let block = 0; block < blocks; block += 1) bits[block] = view.getUint16(block * blockBytes + at, true);
  return fromFloat16(bits);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The bytes as a buffer of their own, where they do not begin at a whole value. */
function aligned(bytes: Uint8Array, size: number): ArrayBuffer {
  const isWhole = bytes.byteOffset === 0 && bytes.length === bytes.buffer.byteLength;
  if (isWhole && bytes.length % size === 0 && bytes.buffer instanceof ArrayBuffer) return bytes.buffer;
  return Uint8Array.from(bytes).buffer;
}
