import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { fetchIntoStore } from '../../../../activities/hub/activities.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { type HubServer, startHubServer } from './hub-server.ts';

const COMMIT = 'd'.repeat(40);
const LINES = '{"instruction":"a","output":"b"}\n';

describe('a worker that is asked for something of the hub', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-hub-worker-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const storeReading = (path: string) =>
    createLocalStore({ root: join(root, 'store'), importFolders: [path] });
  const worker = (hub: HubServer, owners: readonly string[]) => ({
    ...{ env: { HF_HOME: join(root, 'hub'), HF_ENDPOINT: hub.url }, owners, storeReading },
  });

  it('brings it into the store, and names it with its commit', async (test) => {
    const files = new Map([['rows.jsonl', Buffer.from(LINES)]]);
    const hub = disposedAfter(
      test,
      await startHubServer({ 'datasets/owner/rows': { commit: COMMIT, revisions: ['main'], files } }),
    );
    const wanted = { source: 'hf:owner/rows#rows.jsonl', kind: 'rows' } as const;
    for (const owners of [['owner'], ['other', '*']]) {
      const { reference, name } = await fetchIntoStore(wanted, worker(hub, owners), unwatched);
      assert.deepEqual([name, reference.rows], [`owner/rows@${COMMIT}#rows.jsonl`, 1]);
      assert.equal(await readFile(await storeReading('').open(reference), 'utf8'), LINES);
    }
  });

  it('asks nobody for what its configuration does not allow, and says what to set', async (test) => {
    const hub = disposedAfter(test, await startHubServer({}));
    const refused = (source: string, owners: readonly string[]) =>
      fetchIntoStore({ source, kind: 'model' }, worker(hub, owners), unwatched);
    await assert.rejects(refused('hf:owner/base', []), {
      code: 'Permission',
      message:
        'This worker fetches nothing of owner from the hub: hf:owner/base. Set ALPACA_HUB_OWNERS of the data worker to owner (or * for everybody), or start the run by `npx alpaca run`, which fetches it where it is started.',
    });
    await assert.rejects(refused('hf:owner/base', ['own']), { remedy: /to own,owner \(/ });
    await assert.rejects(refused('hf:base', ['*']), {
      code: 'InvalidInput',
      message: /^hf:base is no name of a model/,
    });
    assert.deepEqual(hub.requests, []);
  });

  it('looks at a model before it is copied', async (test) => {
    const files = new Map([
      ['config.json', Buffer.from('{"architectures": ["MambaForCausalLM"], "model_type": "mamba"}')],
      ['model.safetensors', Buffer.from('x')],
    ]);
    const hub = disposedAfter(
      test,
      await startHubServer({ 'owner/base': { commit: COMMIT, revisions: ['main'], files } }),
    );
    await assert.rejects(
      fetchIntoStore({ source: 'hf:owner/base', kind: 'model' }, worker(hub, ['*']), unwatched),
      {
        code: 'InvalidInput',
        message: /config\.json/,
      },
    );
  });
});
