import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { createS3Store } from '../../activities/artifacts/stores/s3-store.ts';
import { failingNetwork } from './failing-network.ts';
import { BUCKET, type S3Server, startS3 } from './versitygw.ts';

const madeBy = { madeBy: 'test' };

describe('a real bucket', () => {
  let folder: string;
  let server: S3Server | null = null;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-bucket-'));
  });
  afterEach(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const withServer = (
    what: string,
    options: { versioned?: boolean },
    holds: (here: S3Server) => Promise<void>,
  ) =>
    it(what, async (test) => {
      const started = await startS3(options);
      if (typeof started === 'string') return test.skip(started);
      server = started;
      Object.assign(process.env, started.env);
      await holds(started);
    });
  const storeAt = (url: string, cache = 'cache') =>
    createS3Store({ url, cache: { folder: join(folder, cache), mostBytes: 1e9 } });

  withServer(
    'takes a large file in parts and gives it by ranges, over a network that fails',
    {},
    async (here) => {
      const network = await failingNetwork(here.endpoint, 3, 0.2);
      process.env.AWS_ENDPOINT_URL_S3 = network.endpoint;
      try {
        const url = `s3://${BUCKET}/large`;
        const store = storeAt(url);
        const workspace = await store.workspace('model');
        await writeFile(join(workspace, 'weights'), randomFillSync(new Uint8Array(70_000_001)));
        const reference = await store.take('model', workspace, madeBy, 'model');
        // Its digest is taken of what comes.
        const path = await storeAt(url, 'another').open(reference);
        assert.deepEqual(await readdir(path), ['weights']);
        assert.equal(reference.bytes, 70_000_001);
      } finally {
        await network.close();
      }
    },
  );

  withServer('is swept of what killed writers left behind', {}, async () => {
    const store = storeAt(`s3://${BUCKET}/swept`);
    const kept = await store.putFile('dataset', 'kept.jsonl', 'kept\n', madeBy);
    const half = `swept/artifacts/model/${'0'.repeat(64)}/2b/model`;
    const client = new S3Client({ forcePathStyle: true });
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${half}/config.json`, Body: '{}' }));
    await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: `${half}/weights` }));
    await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'elsewhere/artifacts/x' }));
    const remains = {
      names: [`${half}/config.json`, `parts of ${half}/weights`].map((name) => name.replace('swept/', '')),
      bytes: 2,
    };
    const LATER = Date.now() + 3_600_000;
    assert.deepEqual(await store.sweep(Date.now() - 3_600_000, true), { names: [], bytes: 0 });
    assert.deepEqual(await store.sweep(LATER, false), remains);
    assert.deepEqual(await store.sweep(LATER, true), remains);
    assert.deepEqual(await store.sweep(LATER, true), { names: [], bytes: 0 });
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
    assert.deepEqual(
      Uploads.map(({ Key }) => Key),
      ['elsewhere/artifacts/x'],
    );
    assert.equal(String(await store.readPart(kept)), 'kept\n');
    client.destroy();
  });

  withServer('says before any work what it cannot be', { versioned: true }, async () => {
    await assert.rejects(storeAt('s3://no-such-bucket/x').check(), {
      code: 'StoreAway',
      message: /^The store s3:\/\/no-such-bucket\/x\/store\.json: its bucket does not exist/,
    });
    await storeAt(`s3://${BUCKET}`).check();
    const client = new S3Client({ forcePathStyle: true });
    await client.send(
      new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    client.destroy();
    await assert.rejects(storeAt(`s3://${BUCKET}`).check(), {
      code: 'Configuration',
      message: /The bucket of s3:\/\/alpaca-bucket has versioning/,
    });
    process.env.AWS_SECRET_ACCESS_KEY = 'another';
    await assert.rejects(storeAt(`s3://${BUCKET}`).check(), {
      code: 'StoreAway',
      message: /does not accept the credentials \(SignatureDoesNotMatch, HTTP 403/,
    });
    process.env.AWS_ACCESS_KEY_ID = 'nobody';
    await assert.rejects(storeAt(`s3://${BUCKET}`).check(), { code: 'StoreAway', message: /credentials/ });
  });
});
