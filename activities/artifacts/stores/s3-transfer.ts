import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AlpacaError, storageError } from '../../errors.ts';
import { randomWaitMs, type S3Bucket, TRIES } from './s3-bucket.ts';

/** A part of a large object, in bytes: what one request carries. */
const PART_BYTES = 16 << 20;
const PARTS_AT_ONCE = 4;
/** S3's own bound. */
const MOST_PARTS = 10_000;

/**
 * Puts a file: whole where it is small, else in parts, of which each is tried again by itself. The SDK sends a checksum
 * with each. An upload that fails is aborted.
 */
export async function upload(bucket: S3Bucket, key: string, path: string, bytes: number): Promise<void> {
  if (bytes <= PART_BYTES) {
    const content = await readFile(path).catch((error) => {
      throw storageError(error, path);
    });
    return bucket.put(key, content);
  }
  await bucket.with(key, async (client) => {
    const { Upload } = await import('@aws-sdk/lib-storage');
    const partSize = Math.max(PART_BYTES, Math.ceil(bytes / MOST_PARTS));
    const params = {
      Bucket: bucket.name,
      Key: bucket.keyOf(key),
      Body: createReadStream(path, { highWaterMark: 1 << 20 }),
    };
    await new Upload({ client, params, partSize, queueSize: PARTS_AT_ONCE }).done();
  });
}

/**
 * Writes an object into a file, by ranges of it at once. A range that breaks off goes on where it was. Whether the bytes
 * are the right ones is for the artifact's digest to say.
 *
 * @throws AlpacaError NotFound where there is no such object
 */
export async function download(bucket: S3Bucket, key: string, path: string, bytes: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w').catch((error) => {
    throw storageError(error, path);
  });
  try {
    let next = 0;
    const work = async () => {
      while (next < bytes) {
        const start = next;
        next += PART_BYTES;
        await downloadRange(bucket, key, { file, path, start, end: Math.min(bytes, start + PART_BYTES) });
      }
    };
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, work));
  } finally {
    await file.close();
  }
}

interface Range {
  file: FileHandle;
  path: string;
  start: number;
  /** the first byte that is not in it */
  end: number;
}

async function downloadRange(
  bucket: S3Bucket,
  key: string,
  { file, path, start, end }: Range,
): Promise<void> {
  let at = start;
  for (let tries = 1; at < end; tries += 1) {
    try {
      await bucket.with(key, async (client, { GetObjectCommand }) => {
        const Range = `bytes=${at}-${end - 1}`;
        const { Body } = await client.send(
          new GetObjectCommand({ Bucket: bucket.name, Key: bucket.keyOf(key), Range }),
        );
        for await (const chunk of Body as AsyncIterable<Buffer>) {
          await writeAt(file, chunk, at, path);
          at += chunk.length;
        }
      });
    } catch (error) {
      if (!(error instanceof AlpacaError) || tries >= TRIES) throw error;
      // What came may have been changed on its way: it is fetched once more from its beginning.
      if (error.code === 'CorruptArtifact') at = start;
      else if (error.code !== 'StoreAway') throw error;
      await sleep(randomWaitMs(tries));
    }
  }
}

async function writeAt(file: FileHandle, chunk: Buffer, at: number, path: string): Promise<void> {
  try {
    await file.write(chunk, 0, chunk.length, at);
  } catch (error) {
    throw storageError(error, path);
  }
}
