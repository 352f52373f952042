import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { copyStore } from '../../activities/artifacts/stores/copy-store.ts';
import { createS3Store } from '../../activities/artifacts/stores/s3-store.ts';
import { unwatched } from '../../activities/attempt.ts';
import { releaseRows } from '../../activities/release/activities.ts';
import { reproduce } from '../../activities/release/reproduce/reproduce.ts';
import { deletePrunable, findPrunable } from '../../workers/command/store/prune.ts';
import { releaseInput } from '../../workflows/contracts/release.ts';
import { type SmallRun, smallRun } from '../unit/activities/release/small-run.ts';
import { BUCKET, type S3Server, startS3 } from './versitygw.ts';

const { signal } = new AbortController();

describe('a run whose store is in a bucket', () => {
  let server: S3Server | string;
  let small: SmallRun;
  let bucket: ArtifactStore;
  before(async () => {
    server = await startS3();
    if (typeof server === 'string') return;
    Object.assign(process.env, server.env);
    small = await smallRun();
    const cache = { folder: join(small.folder, '..', 'cache'), mostBytes: 1e9 };
    bucket = createS3Store({ url: `s3://${BUCKET}/small`, cache });
    await copyStore(small.store, bucket, { signal });
  });
  after(async () => {
    if (typeof server === 'string') return;
    await small[Symbol.asyncDispose]();
    await server.stop();
  });

  const there = (what: string, holds: () => Promise<void>) =>
    it(what, async (test) => (typeof server === 'string' ? test.skip(server) : holds()));

  there('is reproduced from there, with its rows made again from the ledger', async () => {
    const names = async () => [await bucket.listEntries(''), (await bucket.listManifests()).length];
    const before = await names();
    const claims = await reproduce(small.folder, { store: bucket, profiles: small.profiles }, unwatched);
    assert.deepEqual(
      claims.filter(({ verdict }) => verdict === 'differs'),
      [],
    );
    assert.equal(claims.find(({ claim }) => claim === 'the rows follow from the ledger')?.verdict, 'holds');
    assert.deepEqual(await names(), before, 'the bucket is left as it was');
  });

  there('is released from there as from a folder', async () => {
    const { dedupe } = small.run;
    assert.ok(dedupe);
    const { data, similarity } = dedupe;
    const input = releaseInput.parse({ data, similarity, run: small.run });
    const [here, inBucket] = [
      await releaseRows(input, { store: small.store }, unwatched),
      await releaseRows(input, { store: bucket }, unwatched),
    ];
    assert.equal(inBucket.release.sha256, here.release.sha256);
    assert.equal(inBucket.report.sha256, here.report.sha256);
  });

  there('is pruned there as in a folder', async () => {
    const LATER = Date.now() + 3_600_000;
    const nobody = { workflowIds: new Set<string>(), digests: new Set<string>() };
    const uris = async (store: ArtifactStore) =>
      (await findPrunable(store, nobody, LATER)).artifacts.map(({ reference }) => reference.uri).sort();
    assert.deepEqual(await uris(bucket), await uris(small.store));
    const lonely = await bucket.putFile('dataset', 'lonely.jsonl', '{"of":"nobody"}\n', { madeBy: 'test' });
    const found = await findPrunable(bucket, nobody, LATER);
    assert.ok(found.artifacts.some(({ reference }) => reference.uri === lonely.uri));
    await deletePrunable(bucket, found);
    await assert.rejects(bucket.readManifest(lonely), { code: 'NotFound' });
    assert.deepEqual((await findPrunable(bucket, nobody, LATER)).artifacts, []);
  });
});
