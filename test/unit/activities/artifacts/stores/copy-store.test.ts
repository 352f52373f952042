import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { copyStore } from '../../../../../activities/artifacts/stores/copy-store.ts';
import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import { createS3Store } from '../../../../../activities/artifacts/stores/s3-store.ts';
import { parseUri } from '../../../../../activities/artifacts/uri.ts';
import { BUCKET, type S3Server, startS3 } from '../../../../s3/versitygw.ts';

const { signal } = new AbortController();

describe('a copy of a store', () => {
  let folder: string;
  let from: ArtifactStore;
  let server: S3Server | string;
  before(async () => {
    server = await startS3();
    if (typeof server !== 'string') Object.assign(process.env, server.env);
  });
  after(async () => {
    if (typeof server !== 'string') await server.stop();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-copy-'));
    from = createLocalStore({ root: join(folder, 'from') });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function fill() {
    const data = await from.putFile('dataset', 'rows.jsonl', '{}\n', { rows: 1, madeBy: 'test' });
    const workspace = await from.workspace('model');
    await mkdir(join(workspace, 'deep'));
    await writeFile(join(workspace, 'deep', 'weights'), 'w'.repeat(1000));
    const about = { madeBy: 'train', madeFrom: { data: data.uri }, createdAt: '2026-01-02T03:04:05.000Z' };
    const model = await from.take('model', workspace, about, 'model');
    await from.writeEntryOnce('ledger/name/ab/key.json', 'answer');
    await from.writeEntry('yield/key.json', 'yield');
    await from.writeEntry('on-the-way/sender.json', '{}');
    return { data, model };
  }

  it('goes to a bucket and back, with the digests, the dates and all records that outlive a process', async (test) => {
    if (typeof server === 'string') return test.skip(server);
    const { data, model } = await fill();
    const cache = { folder: join(folder, 'cache'), mostBytes: 1e9 };
    const bucket = createS3Store({ url: `s3://${BUCKET}/copy`, cache });
    const back = createLocalStore({ root: join(folder, 'back') });
    const copied = { artifacts: 2, bytes: 1003, records: 2, present: 0, differing: [] };
    assert.deepEqual(await copyStore(from, bucket, { signal }), copied);
    assert.deepEqual(await copyStore(bucket, back, { signal }), copied);
    for (const { uri } of [data, model])
      assert.deepEqual(await back.readManifest({ uri }), await from.readManifest({ uri }));
    assert.equal(await readFile(join(await back.open(model), 'deep', 'weights'), 'utf8'), 'w'.repeat(1000));
    assert.deepEqual(await back.listEntries(''), ['ledger/name/ab/key.json', 'yield/key.json']);
    assert.deepEqual(await copyStore(from, bucket, { signal }), {
      ...copied,
      ...{ artifacts: 0, bytes: 0, records: 0, present: 4 },
    });
  });

  it('leaves a record that differs, names it, and replaces it where that is asked for', async () => {
    await fill();
    const to = createLocalStore({ root: join(folder, 'to') });
    await to.writeEntry('yield/key.json', 'another');
    const { differing } = await copyStore(from, to, { signal });
    assert.deepEqual(differing, ['yield/key.json']);
    assert.equal(String(await to.readEntry('yield/key.json')), 'another');
    await copyStore(from, to, { signal, replace: true });
    assert.equal(String(await to.readEntry('yield/key.json')), 'yield');
  });

  it('copies nothing whose digest is another', async () => {
    const { data } = await fill();
    const { kind, sha256, name } = parseUri(data.uri);
    await writeFile(join(from.root, 'artifacts', kind, sha256, name), '[]\n');
    const to = createLocalStore({ root: join(folder, 'to') });
    const read = createLocalStore({ root: from.root });
    await assert.rejects(copyStore(read, to, { signal }), { code: 'CorruptArtifact' });
    await assert.rejects(to.readManifest(data), { code: 'NotFound' });
  });
});
