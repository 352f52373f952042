import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { digestOf } from '../../activities/artifacts/digest.ts';
import { createS3Store } from '../../activities/artifacts/stores/s3-store.ts';
import { BUCKET, type S3Server, startS3 } from '../../test/s3/versitygw.ts';
import { runStart } from '../start/bench.ts';

/**
 * `npm run bench -- store [--megabytes 2000] [--rounds 1] [--no-job]`: a checkpoint up and down beside the SDK's own
 * example, and the main job on versitygw beside the local store: each pair on the same machine, one after the other.
 */
export async function benchStore(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: {
      megabytes: { type: 'string', default: '2000' },
      rounds: { type: 'string', default: '1' },
      'no-job': { type: 'boolean', default: false },
    },
  });
  const server = await startS3({ counted: true });
  if (typeof server === 'string') throw new Error(server);
  Object.assign(process.env, server.env);
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-bench-store-'));
  try {
    const transfer = await measureTransfer(folder, Number(values.megabytes) * 1e6, Number(values.rounds));
    const job = values['no-job'] ? null : await measureJob(folder, server, Number(values.rounds));
    return { ...transfer, ...job };
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Seconds of each, the fastest of some rounds, and how fast ours is beside the example: 1 is as fast. */
async function measureTransfer(
  folder: string,
  bytes: number,
  rounds: number,
): Promise<Record<string, unknown>> {
  const file = join(folder, 'checkpoint');
  await writeRandom(file, bytes);
  const { sha256 } = await digestOf(file);
  const seconds = { exampleUp: Infinity, up: Infinity, exampleDown: Infinity, down: Infinity };
  const time = async (which: keyof typeof seconds, work: () => Promise<unknown>) => {
    const begun = performance.now();
    await work();
    const took = (performance.now() - begun) / 1000;
    console.error(`${which}: ${took.toFixed(2)} s, ${(bytes / 1e6 / took).toFixed(0)} MB/s`);
    seconds[which] = Math.min(seconds[which], took);
  };
  for (let round = 0; round < rounds; round += 1) {
    const url = `s3://${BUCKET}/transfer-${round}`;
    const storeAt = (cache: string) =>
      createS3Store({ url, cache: { folder: join(folder, cache), mostBytes: 2 * bytes } });
    const store = storeAt('up');
    const workspace = join(await store.workspace('training'), 'checkpoint');
    await mkdir(workspace);
    await link(file, join(workspace, 'weights'));
    const client = new S3Client({ forcePathStyle: true });
    const object = { Bucket: BUCKET, Key: `example-${round}` };
    await time('exampleUp', () =>
      new Upload({ client, params: { ...object, Body: createReadStream(file) } }).done(),
    );
    // As a training has it: the digest was taken as the file was written.
    const written = { weights: sha256 };
    const made = { madeBy: 'bench' };
    await time('up', () => store.take('checkpoint', workspace, made, 'checkpoint', written));
    const [manifest] = await store.listManifests('checkpoint');
    if (!manifest) throw new Error('what went up is not there');
    await time('exampleDown', async () => {
      const { Body } = await client.send(new GetObjectCommand(object));
      await pipeline(Body as Readable, createWriteStream(join(folder, 'down')));
    });
    await time('down', () => storeAt(`down-${round}`).open(manifest.reference));
    client.destroy();
  }
  return {
    bytes,
    seconds: Object.fromEntries(
      Object.entries(seconds).map(([name, took]) => [name, Number(took.toFixed(2))]),
    ),
    upBesideExample: Number((seconds.exampleUp / seconds.up).toFixed(2)),
    downBesideExample: Number((seconds.exampleDown / seconds.down).toFixed(2)),
    besideExampleAtLeast: 0.8,
  };
}

/** The main job over a folder and over a bucket, in turns; what counts is the fastest of each. */
async function measureJob(
  folder: string,
  server: S3Server,
  rounds: number,
): Promise<Record<string, unknown>> {
  const seconds = { folder: Infinity, bucket: Infinity };
  const digests = new Set<string>();
  let requests: Record<string, number> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of ['folder', 'bucket'] as const) {
      const state = join(folder, `${kind}-${round}`);
      const store =
        kind === 'folder'
          ? {}
          : {
              ...server.env,
              ALPACA_STORE: `s3://${BUCKET}/job-${round}`,
              ALPACA_STORE_CACHE: join(state, 'cache'),
            };
      const before = await server.requests();
      const begun = performance.now();
      const { summary } = await runStart(state, [], store);
      seconds[kind] = Math.min(seconds[kind], (performance.now() - begun) / 1000);
      digests.add(`${summary.datasetDigest} ${summary.modelDigest}`);
      if (kind === 'bucket') requests = since(before, await server.requests());
    }
  }
  return {
    jobSeconds: { folder: Number(seconds.folder.toFixed(1)), bucket: Number(seconds.bucket.toFixed(1)) },
    bucketBesideFolder: Number((seconds.bucket / seconds.folder).toFixed(3)),
    bucketBesideFolderAtMost: 1.1,
    requests,
    requestsInAll: Object.values(requests).reduce((sum, count) => sum + count, 0),
    sameDigests: digests.size === 1,
  };
}

function since(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]),
  );
}

async function writeRandom(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'w');
  const block = new Uint8Array(1 << 20);
  for (let at = 0; at < bytes; at += block.length) {
    for (let part = 0; part < block.length; part += 65536)
      crypto.getRandomValues(block.subarray(part, part + 65536));
    await file.write(block, 0, Math.min(block.length, bytes - at));
  }
  await file.sync();
  await file.close();
}
