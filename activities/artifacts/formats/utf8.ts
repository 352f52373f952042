import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AlpacaError } from '../../errors.ts';
import { parquetAsLines } from './parquet.ts';
import { peek } from './peek.ts';

/** The bytes of a file of rows, and what messages call the rows in its lines. */
export interface Utf8 {
  chunks: AsyncIterable<Uint8Array>;
  unit: 'line' | 'row';
}

/**
 * The bytes of a file of rows as UTF-8, whatever it was written as: gzip is unpacked, Parquet becomes JSON lines, and
 * UTF-16 is known by its byte order mark or by the zero beside the first bracket. What is not read is named.
 *
 * @param most bytes that may come out; where gzip unpacks, 4 GiB at most
 * @throws AlpacaError InvalidInput for another form of file, for what is broken and for what is too much
 */
export async function asUtf8(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  most = Number.POSITIVE_INFINITY,
  unpacked = false,
): Promise<Utf8> {
  const { head, whole, leave } = await peek(chunks, LONGEST_MAGIC);
  const other = OTHER_FORMS.find(({ magic }) => head.subarray(0, magic.length).equals(magic));
  if (other !== undefined) {
    await leave();
    throw new AlpacaError('InvalidInput', `${name} is ${other.what}, and rows are read as JSON.`, {
      remedy: other.remedy,
    });
  }
  if (head.subarray(0, GZIP.length).equals(GZIP)) {
    // Some gzip files unpack to themselves.
    if (unpacked) {
      await leave();
      throw noWholeGzip(name, 'it is packed twice');
    }
    return asUtf8(gunzip(whole, name, Math.min(most, MOST_UNPACKED_BYTES)), name, most, true);
  }
  if (head.subarray(0, PARQUET.length).equals(PARQUET))
    return { chunks: parquetAsLines(whole, name), unit: 'row' };
  const encoding = utf16Of(head);
  return { chunks: encoding === null ? whole : fromUtf16(whole, encoding, name), unit: 'line' };
}

/**
 * The whole of a small file as text, of UTF-8 or, known as rows are, UTF-16.
 *
 * @throws AlpacaError InvalidInput for bytes that are neither
 */
export function textOf(bytes: Buffer, name: string): string {
  const encoding = utf16Of(bytes) ?? 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new AlpacaError(
      'InvalidInput',
      `${name} is no valid ${encoding === 'utf-8' ? 'UTF-8' : 'UTF-16'}.`,
      {
        remedy: 'Save it as UTF-8.',
      },
    );
  }
}

// details -----------------------------------------------------------------------------------------------
const GZIP = Buffer.from([0x1f, 0x8b]);
const PARQUET = Buffer.from('PAR1');
const LONGEST_MAGIC = 6;

/** A hundred times what the recipe's data set has. */
const MOST_UNPACKED_BYTES = 2 ** 32;

const UNPACK = 'Unpack it, or pack it with gzip, which is read.';
const OTHER_FORMS = [
  {
    magic: Buffer.from('ARROW1'),
    what: 'an Arrow file',
    remedy: 'Write its rows as JSON lines first, as `to_json` of the package `datasets` does.',
  },
  { magic: Buffer.from('PK\x03\x04'), what: 'a ZIP archive', remedy: UNPACK },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), what: 'packed with zstd', remedy: UNPACK },
  { magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]), what: 'packed with xz', remedy: UNPACK },
  { magic: Buffer.from('BZh'), what: 'packed with bzip2', remedy: UNPACK },
];

async function* gunzip(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  most: number,
): AsyncGenerator<Uint8Array> {
  // What goes wrong in the source comes out of the last stream too.
  const unpacked = pipeline(Readable.from(chunks), createGunzip(), () => {});
  let bytes = 0;
  try {
    for await (const chunk of unpacked) {
      bytes += chunk.length;
      if (bytes > most)
        throw new AlpacaError('InvalidInput', `${name} has more than ${most} bytes once it is unpacked.`, {
          remedy: 'Check that it is the file that you mean, and divide it.',
        });
      yield chunk;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw error;
    throw noWholeGzip(name, (error as Error).message);
  }
}

function noWholeGzip(name: string, how: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${name} is no gzip file that can be read: ${how}.`, {
    remedy: 'Fetch it or pack it again, once.',
  });
}

type Utf16 = 'utf-16le' | 'utf-16be';

function utf16Of([first = 1, second = 1]: Buffer): Utf16 | null {
  if ((first === 0xff && second === 0xfe) || (isBracket(first) && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && isBracket(second))) return 'utf-16be';
  return null;
}

function isBracket(byte: number): boolean {
  return byte === 0x5b || byte === 0x7b;
}

async function* fromUtf16(
  chunks: AsyncIterable<Uint8Array>,
  encoding: Utf16,
  name: string,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const decode = (chunk?: Uint8Array) => {
    try {
      return Buffer.from(decoder.decode(chunk, { stream: chunk !== undefined }));
    } catch {
      throw new AlpacaError('InvalidInput', `${name} is no valid UTF-16.`, { remedy: 'Save it as UTF-8.' });
    }
  };
  for await (const chunk of chunks) yield decode(chunk);
  yield decode();
}
