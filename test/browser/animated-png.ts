import { crc32 } from 'node:zlib';

/** An animated PNG (https://www.w3.org/TR/png-3/#apng-frame-based-animation) of PNGs of one size, kind and depth. */

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

export interface Frame {
  /** a PNG */
  picture: Buffer;
  /** how long it is shown, in milliseconds */
  ms: number;
}

interface Chunk {
  type: string;
  data: Buffer;
}

/**
 * The frames one after another, for ever. A program that knows no animation shows the first.
 *
 * @throws where there is no frame, or one is of another size, kind or depth than the first
 */
export function animatedPng(frames: readonly Frame[]): Buffer {
  const pictures = frames.map(({ picture, ms }) => ({ chunks: chunksOf(picture), ms }));
  const [first] = pictures;
  const header = first?.chunks.find(({ type }) => type === 'IHDR')?.data;
  if (header === undefined) throw new Error('There is no frame.');
  let sequence = 0;
  const body = pictures.flatMap(({ chunks, ms }, index) => {
    const own = chunks.find(({ type }) => type === 'IHDR')?.data;
    if (!own?.equals(header)) throw new Error(`Frame ${index} is of another size, kind or depth.`);
    const data = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map((chunk) => chunk.data));
    const control = chunk('fcTL', Buffer.concat([uint32(sequence++), frameControl(header, ms)]));
    if (index === 0) return [control, chunk('IDAT', data)];
    return [control, chunk('fdAT', Buffer.concat([uint32(sequence++), data]))];
  });
  const plays = 0;
  return Buffer.concat([
    ...[
      SIGNATURE,
      chunk('IHDR', header),
      chunk('acTL', Buffer.concat([uint32(frames.length), uint32(plays)])),
    ],
    ...[...body, chunk('IEND', Buffer.alloc(0))],
  ]);
}

/** Width, height, offsets, delay in thousandths of a second; the whole of the frame before is replaced. */
function frameControl(header: Buffer, ms: number): Buffer {
  const delay = Buffer.alloc(4);
  delay.writeUInt16BE(ms, 0);
  delay.writeUInt16BE(1000, 2);
  return Buffer.concat([header.subarray(0, 8), Buffer.alloc(8), delay, Buffer.from([0, 0])]);
}

function chunksOf(png: Buffer): Chunk[] {
  if (!png.subarray(0, 8).equals(SIGNATURE)) throw new Error('A frame is no PNG.');
  const chunks: Chunk[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const [type, data] = [png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + length)];
    chunks.push({ type, data });
    at += length + 12;
  }
  return chunks;
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([uint32(data.length), typed, uint32(crc32(typed))]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
