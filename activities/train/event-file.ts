/**
 * TensorBoard's event files, as far as curves need them: TFRecord frames around Event messages, encoded by
 * hand (tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto and
 * tensorflow/core/lib/io/record_writer.h say what the fields and frames are).
 */
export interface ScalarEvent {
  /** seconds since 1970 */
  wallTime: number;
  step: number;
  /** by tag, such as `train/loss`; kept as f32 */
  scalars: Readonly<Record<string, number>>;
}

/** TensorBoard reads every file of a folder that has this in its name, in the order of the names. */
export const EVENT_FILE_MARK = 'tfevents';

/** A whole file: what version it is, then an event for each element. */
export function encodeEventFile(events: readonly ScalarEvent[]): Uint8Array<ArrayBuffer> {
  const version = concatenate([
    doubleField(EVENT.wallTime, events[0]?.wallTime ?? 0),
    bytesField(EVENT.fileVersion, encodeText('brain.Event:2')),
  ]);
  return concatenate([version, ...events.map(encodeEvent)].map(frame));
}

/** Field numbers of the messages. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 };
const SUMMARY = { value: 1 };
const VALUE = { tag: 1, simpleValue: 2 };

/** Protocol buffers' wire types. */
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

function encodeEvent({ wallTime, step, scalars }: ScalarEvent): Uint8Array {
  const values = Object.entries(scalars).map(([tag, value]) =>
    bytesField(
      SUMMARY.value,
      concatenate([bytesField(VALUE.tag, encodeText(tag)), floatField(VALUE.simpleValue, value)]),
    ),
  );
  return concatenate([
    doubleField(EVENT.wallTime, wallTime),
    Uint8Array.of(key(EVENT.step, VARINT), ...varint(step)),
    bytesField(EVENT.summary, concatenate(values)),
  ]);
}

/** Length (u64), its checksum, the data, its checksum; all little-endian. */
function frame(data: Uint8Array): Uint8Array {
  const header = new Uint8Array(12);
  const view = new DataView(header.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedChecksum(header.subarray(0, 8)), true);
  const footer = new Uint8Array(4);
  new DataView(footer.buffer).setUint32(0, maskedChecksum(data), true);
  return concatenate([header, data, footer]);
}

/** A checksum of data that holds checksums is weak: record files turn it by 15 bits and add a constant. */
export function maskedChecksum(data: Uint8Array): number {
  const checksum = crc32c(data);
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}

/** CRC-32C (Castagnoli) of RFC 3720, by a table of bytes. */
export function crc32c(data: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of data) remainder = (CRC_TABLE[(remainder ^ byte) & 0xff] ?? 0) ^ (remainder >>> 8);
  return ~remainder >>> 0;
}

/** 0x1EDC6F41 with its bits in reverse. */
const CASTAGNOLI = 0x82f63b78;
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit += 1)
    remainder = remainder & 1 ? (remainder >>> 1) ^ CASTAGNOLI : remainder >>> 1;
  return remainder;
});

function doubleField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = key(field, FIXED_64);
  new DataView(bytes.buffer).setFloat64(1, value, true);
  return bytes;
}

function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = key(field, FIXED_32);
  new DataView(bytes.buffer).setFloat32(1, value, true);
  return bytes;
}

function bytesField(field: number, content: Uint8Array): Uint8Array {
  return concatenate([Uint8Array.of(key(field, LENGTH_DELIMITED), ...varint(content.length)), content]);
}

/** Field numbers below 16 fit one byte. */
function key(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

/** @param value not negative */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}

function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
