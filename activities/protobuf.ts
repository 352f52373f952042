/**
 * Protocol buffers, as far as TensorBoard's events and TensorFlow's graphs need them: fields in their wire
 * encoding (https://protobuf.dev/programming-guides/encoding), to be concatenated into messages.
 */
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** A whole number, an enum or a bool. */
export function integerField(field: number, value: number): Uint8Array {
  return Uint8Array.of(...key(field, VARINT), ...varint(value));
}

export function doubleField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return concatenate([Uint8Array.from(key(field, FIXED_64)), bytes]);
}

export function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return concatenate([Uint8Array.from(key(field, FIXED_32)), bytes]);
}

/** Bytes, or a message within a message. */
export function bytesField(field: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return concatenate([Uint8Array.of(...key(field, LENGTH_DELIMITED), ...varint(length)), ...content]);
}

export function textField(field: number, text: string): Uint8Array {
  return bytesField(field, new TextEncoder().encode(text));
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function key(field: number, wireType: number): number[] {
  return varint((field << 3) | wireType);
}

/** A negative number is as its two's complement of 64 bits. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return bytes;
}
