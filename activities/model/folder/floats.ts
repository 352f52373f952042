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
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i += 1) values[i] = widenFloat16(bits[i] ?? 0);
  return values;
}

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
  return Uint16Array.from(values, narrowToFloat16);
}

function narrowToFloat16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return 0x7e00;
  if (size >= 65_520) return sign | 0x7c00;
  // Below 2^-14 steps are of one size, above it 2^10 to each power of two.
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const steps = nearestEven(size / 2 ** (exponent - 10));
  // A fraction that rounds up to the next power of two carries into the exponent by itself.
  return sign | (exponent === -14 ? steps : ((exponent + 15) << 10) + (steps - 1024));
}

function nearestEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest !== 0.5) return rest < 0.5 ? down : down + 1;
  return down % 2 === 0 ? down : down + 1;
}
