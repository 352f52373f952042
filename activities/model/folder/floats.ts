/**
 * Sixteen-bit floats as they lie in checkpoints, to and from 32 bits. bf16 is the upper half of an f32;
 * f16 is IEEE 754 binary16.
 */

/** Widens bf16 bit patterns; exact. */
export function fromBfloat16(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i += 1) wide[i] = (bits[i] ?? 0) << 16;
  return new Float32Array(wide.buffer);
}

/** Narrows to bf16, rounding to the nearest and ties to even, as PyTorch does; a NaN stays one. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const wide = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < wide.length; i += 1) {
    const word = wide[i] ?? 0;
    const notANumber = (word & 0x7fffffff) > 0x7f800000;
    bits[i] = notANumber ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return bits;
}

/** Widens f16 bit patterns; exact. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  wideFloat16s ??= Float32Array.from({ length: 1 << 16 }, (_, pattern) => widenFloat16(pattern));
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i += 1) values[i] = wideFloat16s[bits[i] ?? 0] ?? 0;
  return values;
}

/** Of every bit pattern, once one is asked for: to look one up is many times faster than to work it out. */
let wideFloat16s: Float32Array | null = null;

function widenFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The largest value of f16; what is half a step above it, or more, is infinite there. */
export const LARGEST_FLOAT16 = 65_504;

/** Narrows to f16, rounding to the nearest and ties to even, as PyTorch does; a NaN stays one. */
export function toFloat16(values: Float32Array): Uint16Array {
  const wide = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < wide.length; i += 1) {
    const word = wide[i] ?? 0;
    const sign = (word >>> 16) & 0x8000;
    const size = word & 0x7fffffff;
    if (size > INFINITE) bits[i] = 0x7e00;
    else if (size >= TOO_LARGE) bits[i] = sign | 0x7c00;
    else if (size < LEAST_NORMAL) bits[i] = sign | nearestEven(Math.abs(values[i] ?? 0) * 2 ** 24);
    // A fraction that rounds up to the next power of two carries into the exponent by itself.
    else bits[i] = sign | ((size - BIAS + 0xfff + ((size >>> 13) & 1)) >>> 13);
  }
  return bits;
}

/** Bit patterns of f32: of infinity, of 65,520, of 2^-14, below which steps of f16 are of one size, … */
const INFINITE = 0x7f800000;
const TOO_LARGE = 0x477ff000;
const LEAST_NORMAL = 0x38800000;
/** … and what its exponent has more than that of f16. */
const BIAS = 0x38000000;

function nearestEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest !== 0.5) return rest < 0.5 ? down : down + 1;
  return down % 2 === 0 ? down : down + 1;
}
