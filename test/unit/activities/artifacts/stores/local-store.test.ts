import assert from 'node:assert/strict';
import fs, { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type ArtifactStore, isStored } from '../../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import { parseUri } from '../../../../../activities/artifacts/uri.ts';
import { describePromises } from './promises.ts';

describePromises('a folder', {
  begin: async () => null,
  async site(folder) {
    const root = join(folder, 'store');
    return {
      open: (importFolders = []) => createLocalStore({ root, importFolders }),
      async damage({ uri }) {
        const { kind, sha256, name } = parseUri(uri);
        await writeFile(join(root, 'artifacts', kind, sha256, name), 'jello\n');
      },
      async names() {
        const all = await readdir(root, { recursive: true, withFileTypes: true });
        return all.flatMap((entry) => (entry.isFile() ? join(entry.parentPath, entry.name) : [])).sort();
      },
    };
  },
  end: async () => {},
});

describe('the store in a folder', () => {
  let folder: string;
  let store: ArtifactStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-store-'));
    store = createLocalStore({ root: join(folder, 'store'), importFolders: [join(folder, 'import')] });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('lacks what it has no manifest of, and nothing else: a disk that does not answer is waited for', async (test) => {
    const reference = await store.putFile('dataset', 'rows.jsonl', 'hello\n', { madeBy: 'test' });
    const none = { ...reference, uri: reference.uri.replace('artifact://dataset', 'artifact://none') };
    await writeFile(join(store.root, 'artifacts', 'file'), '');
    const beneath = { ...reference, uri: reference.uri.replace('artifact://dataset', 'artifact://file') };
    const asked = (of: typeof reference) => [
      () => store.readManifest(of),
      () => store.locate(of.uri),
      () => store.open(of),
    ];
    for (const ask of [none, beneath].flatMap(asked))
      await assert.rejects(ask(), { code: 'NotFound', retryable: false });
    assert.equal(await isStored(store, none), false);
    assert.equal(await isStored(store, reference), true);
    test.mock.method(fs, 'readFile', async () => {
      throw Object.assign(new Error('input/output error'), { code: 'EIO' });
    });
    test.after(() => {
      test.mock.restoreAll();
      syncBuiltinESMExports();
    });
    syncBuiltinESMExports();
    for (const ask of [...asked(reference).slice(0, 2), () => isStored(store, reference)])
      await assert.rejects(ask(), { code: 'StoreAway', retryable: true });
  });

  it('leaves nothing of an interrupted write behind', async () => {
    await store.putFile('dataset', 'rows.jsonl', 'hello\n', { madeBy: 'test' });
    const names = await readdir(store.root, { recursive: true });
    assert.deepEqual(
      names.filter((name) => name.endsWith('.partial')),
      [],
    );
  });

  it('is swept of the half-written artifacts of killed writers', async () => {
    await store.putFile('dataset', 'rows.jsonl', 'hello\n', { madeBy: 'test' });
    const half = join(store.root, 'artifacts', 'dataset', 'ab12.partial');
    await mkdir(half);
    await writeFile(join(half, 'rows.jsonl'), 'hel');
    const LATER = Date.now() + 60_000;
    const remains = { names: ['artifacts/dataset/ab12.partial'], bytes: 3 };
    assert.deepEqual(await store.sweep(Date.now() - 60_000, true), { names: [], bytes: 0 });
    assert.deepEqual(await store.sweep(LATER, false), remains);
    assert.deepEqual(await store.sweep(LATER, true), remains);
    assert.deepEqual(await store.sweep(LATER, true), { names: [], bytes: 0 });
  });

  it('begins as a folder for nobody else on the machine; one that is there stays as it is', async () => {
    const modeOf = async () => (await stat(store.root)).mode & 0o777;
    await store.writeEntryOnce('ledger/a.json', 'first');
    assert.equal(await modeOf(), 0o700);
    await rm(store.root, { recursive: true });
    store = createLocalStore({ root: store.root });
    await store.putFile('dataset', 'rows.jsonl', 'hello\n', { madeBy: 'test' });
    assert.equal(await modeOf(), 0o700);
    await chmod(store.root, 0o750);
    await store.writeEntry('a.json', 'second');
    assert.equal(await modeOf(), 0o750);
  });
});
