import assert from 'node:assert/strict';
import fs, { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createLocalStore } from '../../../../activities/artifacts/local-store.ts';
import { type ArtifactStore, isStored } from '../../../../activities/artifacts/store.ts';
import { AlpacaError } from '../../../../activities/errors.ts';

const HELLO = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03'; // sha256 of "hello\n"

describe('the local artifact store', () => {
  let folder: string;
  let store: ArtifactStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-store-'));
    store = createLocalStore({ root: join(folder, 'store'), importFolders: [join(folder, 'import')] });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('stores a file under the digest of its bytes', async () => {
    const reference = await store.putFile('dataset', 'rows.jsonl', 'hello\n', { rows: 1, madeBy: 'test' });
    assert.deepEqual(reference, {
      uri: `artifact://dataset/${HELLO}/rows.jsonl`,
      sha256: HELLO,
      bytes: 6,
      rows: 1,
    });
    assert.equal(await readFile(await store.open(reference), 'utf8'), 'hello\n');
  });

  it('stores equal content once, and answers with the first reference', async () => {
    const first = await store.putFile('dataset', 'a.jsonl', 'hello\n', { rows: 1, madeBy: 'test' });
    const second = await store.putFile('dataset', 'b.jsonl', 'hello\n', { rows: 1, madeBy: 'test' });
    assert.equal(second.uri, first.uri);
    assert.deepEqual(await readdir(join(store.root, 'artifacts', 'dataset')), [HELLO]);
  });

  it('keeps beside it what it was made from', async () => {
    const reference = await store.putFile('dataset', 'rows.jsonl', 'hello\n', {
      madeBy: 'dedupe',
      madeFrom: { data: 'abc' },
    });
    const { madeBy, madeFrom } = await store.readManifest(reference);
    assert.deepEqual([madeBy, madeFrom], ['dedupe', { data: 'abc' }]);
  });

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

  it('gives a folder the digest of its sorted file list, whatever order it was written in', async () => {
    const digests = [];
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const workspace = await store.workspace('model');
      for (const name of order) await writeFile(join(workspace, name), name);
      digests.push((await store.take('model', workspace, { madeBy: 'test' }, 'model')).sha256);
    }
    assert.equal(digests[0], digests[1]);
  });

  it('leaves nothing of an interrupted write behind', async () => {
    await store.putFile('dataset', 'rows.jsonl', 'hello\n', { madeBy: 'test' });
    const names = await readdir(store.root, { recursive: true });
    assert.deepEqual(
      names.filter((name) => name.endsWith('.partial')),
      [],
    );
  });

  it('refuses bytes that do not match their digest', async () => {
    const reference = await store.putFile('dataset', 'rows.jsonl', 'hello\n', { madeBy: 'test' });
    await writeFile(await store.open(reference), 'jello\n');
    const elsewhere = createLocalStore({ root: store.root });
    await assert.rejects(elsewhere.open(reference), { code: 'CorruptArtifact' });
  });

  it('says which store lacks an artifact', async () => {
    const uri = `artifact://dataset/${HELLO}/rows.jsonl`;
    await assert.rejects(store.open({ uri, sha256: HELLO, bytes: 6, rows: 1 }), (error: AlpacaError) => {
      assert.equal(error.code, 'NotFound');
      assert.ok(error.message.includes(store.root));
      return true;
    });
  });

  it('resolves a uri to its reference', async () => {
    const reference = await store.putFile('dataset', 'rows.jsonl', 'hello\n', { rows: 1, madeBy: 'test' });
    assert.deepEqual(await store.resolve(reference.uri, 'dataset'), reference);
  });

  it('imports a bare path from beneath an import folder, and refuses every other', async () => {
    await mkdir(join(folder, 'import'));
    await writeFile(join(folder, 'import', 'mine.jsonl'), 'hello\n');
    await writeFile(join(folder, 'secret.txt'), 'hello\n');
    assert.equal((await store.resolve(join(folder, 'import', 'mine.jsonl'), 'dataset')).sha256, HELLO);
    for (const path of [
      join(folder, 'secret.txt'),
      join(folder, 'import', '..', 'secret.txt'),
      '/etc/passwd',
      `${join(folder, 'import')}-other/x`,
    ]) {
      await assert.rejects(store.resolve(path, 'dataset'), { code: 'RefusedPath' }, path);
    }
  });

  it('counts the rows of a file that it imports', async () => {
    await mkdir(join(folder, 'import'));
    const rowsOf = async (name: string, content: string) => {
      await writeFile(join(folder, 'import', name), content);
      return (await store.resolve(join(folder, 'import', name), 'dataset')).rows;
    };
    assert.equal(await rowsOf('rows.jsonl', '{}\n{}\n\n{}'), 3);
    assert.equal(await rowsOf('rows.json', '[{}, {}]'), 2);
    assert.equal(await rowsOf('weights.bin', '{}\n{}'), 0);
  });

  it('names the user’s path where there is no such file', async () => {
    await assert.rejects(
      store.resolve(join(folder, 'import', 'none.jsonl'), 'dataset'),
      (error: AlpacaError) => {
        assert.equal(error.code, 'NotFound');
        assert.ok(
          error.message.startsWith(`There is no file or folder ${join(folder, 'import', 'none.jsonl')}`),
        );
        return true;
      },
    );
  });

  it('refuses uris that lead out of the store', async () => {
    for (const uri of [
      `artifact://dataset/${HELLO}/..`,
      'artifact://../../etc/passwd',
      `artifact://dataset/${HELLO}/a/b`,
    ]) {
      await assert.rejects(store.resolve(uri, 'dataset'), { code: 'InvalidInput' }, uri);
    }
  });

  it('writes a named record once', async () => {
    assert.equal(await store.writeEntryOnce('ledger/a.json', 'first'), true);
    assert.equal(await store.writeEntryOnce('ledger/a.json', 'second'), false);
    assert.equal(String(await store.readEntry('ledger/a.json')), 'first');
    assert.equal(await store.readEntry('ledger/b.json'), null);
    assert.deepEqual(await store.listEntries('ledger'), ['a.json']);
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

  it('deletes an artifact when asked, and no other', async () => {
    const gone = await store.putFile('dataset', 'rows.jsonl', 'hello\n', { madeBy: 'test' });
    const kept = await store.putFile('dataset', 'rows.jsonl', 'again\n', { madeBy: 'test' });
    assert.equal(await store.remove(gone), true);
    assert.equal(await store.remove(gone), false);
    await assert.rejects(store.open(gone), { code: 'NotFound' });
    await store.open(kept);
    assert.deepEqual(await readdir(join(store.root, 'artifacts', 'dataset')), [kept.sha256]);
  });

  it('deletes a record, or all beneath a path', async () => {
    for (const name of ['a/1.json', 'a/2.json', 'b/1.json']) await store.writeEntryOnce(name, '{}');
    await store.removeEntries('a/1.json');
    assert.deepEqual(await store.listEntries('a'), ['2.json']);
    await store.removeEntries('a');
    await store.removeEntries('a');
    assert.deepEqual(await store.listEntries('a'), []);
    assert.deepEqual(await store.listEntries('b'), ['1.json']);
    await assert.rejects(store.removeEntries('../outside'), { code: 'RefusedPath' });
  });

  it('lets exactly one of many concurrent writers win a record', async () => {
    const won = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.writeEntryOnce('pointer.json', `writer ${index}`)),
    );
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal(String(await store.readEntry('pointer.json')), `writer ${won.indexOf(true)}`);
  });

  it('refuses record names that lead out of the store', async () => {
    assert.throws(() => store.writeEntryOnce('../../outside', 'x'), AlpacaError);
    await assert.rejects(store.readEntry('../outside'), { code: 'RefusedPath' });
  });
});
