import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { writeRunRecord } from '../../../../../activities/artifacts/run-index.ts';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import { recordCheckpoint } from '../../../../../activities/train/checkpoint/checkpoint-pointer.ts';
import { deletePrunable, findPrunable, withRecorded } from '../../../../../workers/command/store/prune.ts';
import { digestsIn } from '../../../../../workers/command/store/run-references.ts';
import { addFile, removeFile } from '../../../../../workers/serve/files/uploaded-files.ts';
import type { ArtifactReference } from '../../../../../workflows/contracts/data.ts';

const LATER = Date.now() + 3_600_000;
const NOBODY = { workflowIds: new Set<string>(), digests: new Set<string>() };

describe('alpaca prune', () => {
  it('finds what neither a run nor a release refers to, directly or by way of another', async (test) => {
    const store = await emptyStore(test);
    const segment = await put(store, 'segment', 'one row');
    const pool = await put(store, 'pool', JSON.stringify({ segments: [segment.uri] }));
    const tokens = await put(store, 'tokens', 'ids');
    const model = await put(store, 'model', 'weights', { tokens: tokens.uri });
    await put(store, 'release', 'data', { model: model.uri });
    const lonely = await put(store, 'dataset', 'nobody’s');

    const runs = { workflowIds: new Set(['run']), digests: new Set([pool.sha256]) };
    assert.deepEqual(uris(await findPrunable(store, runs, LATER)), [lonely.uri]);
    assert.deepEqual(
      uris(await findPrunable(store, NOBODY, LATER)).sort(),
      [lonely.uri, pool.uri, segment.uri].sort(),
      'without the run its pool goes, the release stays',
    );
  });

  it('leaves what is young: a step may be about to refer to it', async (test) => {
    const store = await emptyStore(test);
    await put(store, 'dataset', 'new');
    assert.deepEqual(uris(await findPrunable(store, NOBODY, Date.now() - 1000)), []);
  });

  it('keeps what was uploaded until it is deleted', async (test) => {
    const store = await emptyStore(test);
    const folder = await store.workspace('upload');
    const path = join(folder, 'rows.jsonl');
    await writeFile(path, '{"instruction": "Say yes.", "output": "Yes."}\n');
    const about = {
      filename: 'a.jsonl',
      purpose: 'fine-tune',
      expiresAfterSeconds: null,
      by: 'Ada',
    } as const;
    const { id, artifact } = await addFile(store, path, about);
    assert.deepEqual(uris(await findPrunable(store, NOBODY, LATER)), []);
    await removeFile(store, id);
    assert.deepEqual(uris(await findPrunable(store, NOBODY, LATER)), [artifact.uri]);
  });

  it('keeps the checkpoints of runs that the server knows, and deletes those of others with their records', async (test) => {
    const store = await emptyStore(test);
    const checkpoints: ArtifactReference[] = [];
    for (const run of ['known', 'forgotten']) {
      const checkpoint = await put(store, 'checkpoint', run);
      checkpoints.push(checkpoint);
      const key = { run, identity: 'abc', fromStep: 0, toStep: 10 };
      await recordCheckpoint(store, key, 1, { step: 5, checkpoint, best: null });
    }
    const runs = { workflowIds: new Set(['known']), digests: new Set<string>() };
    const found = await findPrunable(store, runs, LATER);
    assert.deepEqual(uris(found), [checkpoints[1]?.uri]);
    assert.deepEqual(found.trainings, ['forgotten']);

    await deletePrunable(store, found);
    assert.deepEqual(await store.listEntries('training'), [
      'known/abc/steps-0-10/attempt-000000000000001-step-000000005.json',
    ]);
    assert.deepEqual(await findPrunable(store, runs, LATER), { artifacts: [], trainings: [] });
    if (checkpoints[0]) await store.open(checkpoints[0]);
  });

  it('knows a run by its id, however long that is', async (test) => {
    const store = await emptyStore(test);
    for (const run of ['가'.repeat(40), `${'나'.repeat(40)}/train`, '다'.repeat(40)]) {
      const checkpoint = await put(store, 'checkpoint', run);
      await recordCheckpoint(store, { run, identity: 'abc', fromStep: 0, toStep: 10 }, 1, {
        ...{ step: 5, checkpoint, best: null },
      });
    }
    const runs = { workflowIds: new Set(['가'.repeat(40), '나'.repeat(40)]), digests: new Set<string>() };
    const found = await findPrunable(store, runs, LATER);
    assert.deepEqual([found.artifacts.length, found.trainings.length], [1, 1]);
    assert.match(found.trainings[0] ?? '', /^다+~[0-9a-f]{64}$/);
    await deletePrunable(store, found);
    assert.equal((await store.listEntries('training')).length, 2);
  });

  it('keeps what the records of forgotten runs name, and the checkpoints of their trainings', async (test) => {
    const store = await emptyStore(test);
    const given = await put(store, 'dataset', 'given');
    const tokens = await put(store, 'tokens', 'ids');
    const model = await put(store, 'model', 'weights', { tokens: tokens.uri });
    const checkpoint = await put(store, 'checkpoint', 'of a step');
    const key = { run: 'my-run/train', identity: 'abc', fromStep: 0, toStep: 10 };
    await recordCheckpoint(store, key, 1, { step: 5, checkpoint, best: null });
    const lonely = await put(store, 'dataset', 'nobody’s');
    await writeRunRecord(store, {
      ...{ workflowId: 'my-run', runId: 'first', type: 'alpaca', namespace: 'default', status: 'COMPLETED' },
      ...{ startedAt: '2026-11-01T10:00:00.000Z', closedAt: '2026-11-01T11:00:00.000Z', failure: null },
      ...{ startedBy: null, updates: [] },
      ...{ input: { generate: { from: given.uri } }, result: { train: { model } } },
    });

    const { runs, unreadable } = await withRecorded(NOBODY, store);
    assert.deepEqual(unreadable, []);
    const found = await findPrunable(store, runs, LATER);
    assert.deepEqual([uris(found), found.trainings], [[lonely.uri], []]);
  });

  it('keeps what a torn record names as far as it goes, and says which file it is', async (test) => {
    const store = await emptyStore(test);
    const model = await put(store, 'model', 'weights');
    const name = `runs/${'a'.repeat(64)}/torn.json`;
    await store.writeEntry(name, `{"workflowId":"my-run","result":{"model":"${model.uri}"`);
    const { runs, unreadable } = await withRecorded(NOBODY, store);
    assert.deepEqual(unreadable, [`entries/${name}`]);
    assert.deepEqual(uris(await findPrunable(store, runs, LATER)), []);
  });

  it('reads what a history refers to, in payloads and in plain text', () => {
    const uri = (digit: string) => `artifact://dataset/${digit.repeat(64)}/rows.jsonl`;
    const history = {
      events: [
        { input: { payloads: [payload('json/plain', JSON.stringify({ data: { uri: uri('1') } }))] } },
        { summary: `wrote ${uri('2')}` },
      ],
    };
    assert.deepEqual([...digestsIn(history)], ['1'.repeat(64), '2'.repeat(64)]);
  });

  it('refuses to judge by payloads that it cannot read', () => {
    assert.throws(() => [...digestsIn({ payloads: [payload('binary/encrypted', 'x')] })], {
      code: 'Configuration',
      message: /A run has a payload of the encoding binary\/encrypted\. .* nothing is pruned\.$/,
    });
  });
});

function payload(encoding: string, text: string) {
  return { metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(text) };
}

function uris({ artifacts }: Awaited<ReturnType<typeof findPrunable>>): string[] {
  return artifacts.map(({ reference }) => reference.uri);
}

function put(
  store: ArtifactStore,
  kind: string,
  content: string,
  madeFrom: Record<string, string> = {},
): Promise<ArtifactReference> {
  return store.putFile(kind, `${kind}.json`, content, { madeBy: 'test', madeFrom });
}

async function emptyStore(test: TestContext): Promise<ArtifactStore> {
  const root = await mkdtemp(join(tmpdir(), 'alpaca-prune-'));
  test.after(() => rm(root, { recursive: true, force: true }));
  return createLocalStore({ root });
}
