import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { AlpacaError } from '../../errors.ts';
import { s3Code, s3Error } from './s3-errors.ts';

/** `s3://BUCKET/PREFIX`, the prefix may be missing. */
const URL_OF_BUCKET = /^s3:\/\/([^/?#]+)(?:\/([^?#]*?))?\/*$/;

/** How often the SDK asks, with growing and random waits between. */
export const TRIES = 5;
const CONNECT_WITHIN_MS = 5000;
/** Of no byte in either direction. */
const SILENT_FOR_MS = 30_000;
/** More than the requests to a teacher that a worker has at once. */
const SOCKETS = 400;
/** As many objects as one request deletes at the most. */
const DELETED_TOGETHER = 1000;
const WRITE_NAME = 'alpaca-write';
const NOT_ACCEPTED = /^(Expired|InvalidToken|InvalidAccessKeyId|SignatureDoesNotMatch)/;
/** The SDK would keep a profile's file as it first read it, for the life of the process. */
const FILES_ANEW = { ignoreCache: true };

type Sdk = typeof import('@aws-sdk/client-s3');

/** What is stored under a name in a bucket. */
export interface StoredObject {
  /** beneath the store's prefix */
  key: string;
  bytes: number;
  /** when it was put, in milliseconds since 1970, by the server's clock */
  putAt: number;
}

/** True for what names a bucket and no folder. */
export function isBucketUrl(place: string): boolean {
  return place.startsWith('s3:');
}

/**
 * A prefix of a bucket: objects by keys beneath it. The SDK is loaded with the first request. Whatever it throws is
 * said in our words (`s3-errors.ts`).
 */
export class S3Bucket {
  /** `s3://BUCKET/PREFIX` */
  readonly url: string;
  readonly name: string;
  /** with the endpoint: two may have buckets of one name */
  readonly id: string;
  readonly #prefix: string;
  readonly #endpoint: string;
  #connected: Promise<{ sdk: Sdk; client: S3Client }> | undefined;

  /** @throws AlpacaError Configuration for what is no such url */
  constructor(url: string, env: NodeJS.ProcessEnv = process.env) {
    const [, name, prefix = ''] = URL_OF_BUCKET.exec(url) ?? [];
    if (name === undefined)
      throw new AlpacaError('Configuration', `${url} names no bucket.`, {
        remedy: 'Write ALPACA_STORE as s3://BUCKET/PREFIX.',
      });
    this.name = name;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
    this.url = `s3://${name}${prefix === '' ? '' : `/${prefix}`}`;
    this.#endpoint = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || '';
    this.id = `${this.#endpoint} ${this.url}`;
  }

  /** The object's whole name in the bucket. */
  keyOf(key: string): string {
    return `${this.#prefix}${key}`;
  }

  /** An object's key beneath the store's prefix, of its whole name. */
  beneath(name: string): string {
    return name.slice(this.#prefix.length);
  }

  /** Does something with the SDK itself; what it throws is said in our words. */
  async with<Result>(what: string, work: (client: S3Client, sdk: Sdk) => Promise<Result>): Promise<Result> {
    try {
      const { client, sdk } = await this.#connect();
      return await work(client, sdk);
    } catch (error) {
      // Credentials may have been renewed: they are looked for again.
      if (NOT_ACCEPTED.test(s3Code(error))) this.#connected = undefined;
      throw s3Error(error, what === '' ? this.url : `${this.url}/${what}`);
    }
  }

  /** Null where there is no such object. */
  get(key: string): Promise<Buffer | null> {
    return this.with(key, async (client, { GetObjectCommand, S3ServiceException }) => {
      for (let tries = 1; ; tries += 1) {
        try {
          const { Body } = await client.send(new GetObjectCommand(this.#at(key)));
          return Buffer.from((await Body?.transformToByteArray()) ?? []);
        } catch (error) {
          if (s3Code(error) === 'NoSuchKey') return null;
          // The SDK has tried again what had no answer, and not an answer that broke off.
          if (error instanceof S3ServiceException || tries >= TRIES) throw error;
          await sleep(randomWaitMs(tries));
        }
      }
    });
  }

  put(key: string, content: string | Uint8Array): Promise<void> {
    return this.with(key, async (client, { PutObjectCommand }) => {
      await client.send(new PutObjectCommand({ ...this.#at(key), Body: content }));
    });
  }

  /**
   * Puts an object that is not there yet; false where one is. A put that came through, and is sent again because its
   * answer did not, meets itself: the object says whose it is.
   */
  putOnce(key: string, content: string | Uint8Array): Promise<boolean> {
    const writer = randomUUID();
    return this.with(key, async (client, { HeadObjectCommand, PutObjectCommand }) => {
      const put = { ...this.#at(key), Body: content, IfNoneMatch: '*', Metadata: { [WRITE_NAME]: writer } };
      for (let tries = 1; ; tries += 1) {
        try {
          await client.send(new PutObjectCommand(put));
          return true;
        } catch (error) {
          // Another write of the key is under way: which of them came first is known once it has ended.
          if (s3Code(error) === 'ConditionalRequestConflict' && tries < TRIES) {
            await sleep(randomWaitMs(tries));
            continue;
          }
          if (s3Code(error) !== 'PreconditionFailed') throw error;
          // What was sent once cannot have met itself.
          if (tries === 1 && attemptsOf(error) === 1) return false;
          const { Metadata } = await client.send(new HeadObjectCommand(this.#at(key)));
          return Metadata?.[WRITE_NAME] === writer;
        }
      }
    });
  }

  /** The objects beneath a key's beginning. */
  list(beginning: string): Promise<StoredObject[]> {
    return this.with(beginning, async (client, { paginateListObjectsV2 }) => {
      const found: StoredObject[] = [];
      const asked = { Bucket: this.name, Prefix: this.keyOf(beginning) };
      for await (const { Contents = [] } of paginateListObjectsV2({ client }, asked)) {
        for (const { Key = '', Size = 0, LastModified } of Contents)
          found.push({
            key: this.beneath(Key),
            bytes: Size,
            putAt: LastModified?.getTime() ?? Date.now(),
          });
      }
      return found;
    });
  }

  /** Deletes objects; one that is not there is deleted. */
  remove(keys: readonly string[]): Promise<void> {
    return this.with('', async (client, { DeleteObjectsCommand, S3ServiceException }) => {
      for (let from = 0; from < keys.length; from += DELETED_TOGETHER) {
        const Objects = keys.slice(from, from + DELETED_TOGETHER).map((key) => ({ Key: this.keyOf(key) }));
        const { Errors: [wrong] = [] } = await client.send(
          new DeleteObjectsCommand({ Bucket: this.name, Delete: { Objects, Quiet: true } }),
        );
        if (wrong && wrong.Code !== 'NoSuchKey')
          throw new S3ServiceException({
            name: wrong.Code ?? 'Error',
            message: `${wrong.Key}: ${wrong.Message}`,
            $fault: 'server',
            $metadata: {},
          });
      }
    });
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.name, Key: this.keyOf(key) };
  }

  /** Those who wait for the first connection share it; one that failed is made anew. */
  #connect(): Promise<{ sdk: Sdk; client: S3Client }> {
    this.#connected ??= this.#load().catch((error) => {
      this.#connected = undefined;
      throw error;
    });
    return this.#connected;
  }

  async #load(): Promise<{ sdk: Sdk; client: S3Client }> {
    const sdk = await import('@aws-sdk/client-s3');
    const client = new sdk.S3Client({
      maxAttempts: TRIES,
      // A server of one's own has rarely a host name for each bucket.
      forcePathStyle: this.#endpoint !== '',
      requestHandler: {
        connectionTimeout: CONNECT_WITHIN_MS,
        socketTimeout: SILENT_FOR_MS,
        httpAgent: { keepAlive: true, maxSockets: SOCKETS },
        httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
      },
      ...FILES_ANEW,
      ...quiet,
    });
    return { sdk, client };
  }
}

/** How often the SDK sent what failed; undefined where it does not say. */
function attemptsOf(error: unknown): number | undefined {
  return (error as { $metadata?: { attempts?: number } }).$metadata?.attempts;
}

/** Before a further try, in milliseconds: up to 0.1 s, 0.2 s, 0.4 s and so on, drawn at random. */
export function randomWaitMs(tries: number): number {
  return Math.random() * 50 * 2 ** tries;
}

const quiet = { logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} } };
