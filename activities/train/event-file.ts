import { bytesField, concatenate, doubleField, floatField, integerField, textField } from '../protobuf.ts';

/**
 * TensorBoard's event files, as far as curves need them: TFRecord frames around Event messages
 * (tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto and
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
    textField(EVENT.fileVersion, 'brain.Event:2'),
  ]);
  return concatenate([version, ...events.map(encodeEvent)].map(frame));
}

/** Field numbers of the messages. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 };
const SUMMARY = { value: 1 };
const VALUE = { tag: 1, simpleValue: 2 };

function encodeEvent({ wallTime, step, scalars }: ScalarEvent): Uint8Array {
  const values = Object.entries(scalars).map(([tag, value]) =>
    bytesField(SUMMARY.value, textField(VALUE.tag, tag), floatField(VALUE.simpleValue, value)),
  );
  return concatenate([
    doubleField(EVENT.wallTime, wallTime),
    integerField(EVENT.step, step),
    bytesField(EVENT.summary, ...values),
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
