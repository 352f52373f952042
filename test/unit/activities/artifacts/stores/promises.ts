import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { type ArtifactStore, isStored } from '../../../../../activities/artifacts/store.ts';
import type { AlpacaError } from '../../../../../activities/errors.ts';
import type { ArtifactReference } from '../../../../../workflows/contracts/data.ts';

const HELLO = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03'; // sha256 of "hello\n"
const madeBy = { madeBy: 'test' };

/** A place where a store is kept, whichever its kind. */
export interface StoreSite {
  /** the store as one more process sees it, which has opened nothing yet and keeps nothing */
  open(importFolders?: readonly string[]): ArtifactStore;
  /** changes the bytes of an artifact's file where it is kept */
  damage(reference: ArtifactReference): Promise<void>;
  /** the names of all that is kept, artifacts and records, in the order of the alphabet */
  names(): Promise<string[]>;
}

export interface SiteBuilder {
  /** the reason where there is no such store here: all is skipped */
  begin(): Promise<string | null>;
  /** @param folder for whatever it needs on disk, new for each test */
  site(folder: string): Promise<StoreSite>;
  end(): Promise<void>;
}

/** What every store promises, held against one of them. */
export function describePromises(kind: string, builder: SiteBuilder): void {
  describe(`the store in ${kind}`, () => {
    let missing: string | null = null;
    let folder: string;
    let site: StoreSite;
    let store: ArtifactStore;
    before(async () => {
      missing = await builder.begin();
    });
    after(() => builder.end());
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'alpaca-store-'));
      if (missing !== null) return;
      site = await builder.site(folder);
      store = site.open([join(folder, 'import')]);
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const promises = (what: string, holds: () => Promise<void>) =>
      it(what, async (test) => (missing === null ? holds() : test.skip(missing)));

    /** A folder with a file in it and one further down, in the order that is asked for. */
    async function modelFolder(order: readonly string[] = ['a', 'deep/b']): Promise<string> {
      const workspace = await store.workspace('model');
      await mkdir(join(workspace, 'deep'));
      for (const name of order) await writeFile(join(workspace, name), `content of ${name}`);
      return workspace;
    }

    promises('keeps a file under the digest of its bytes', async () => {
      const reference = await store.putFile('dataset', 'rows.jsonl', 'hello\n', { rows: 1, ...madeBy });
      assert.deepEqual(reference, {
        uri: `artifact://dataset/${HELLO}/rows.jsonl`,
        sha256: HELLO,
        bytes: 6,
        rows: 1,
      });
      assert.equal(await readFile(await store.open(reference), 'utf8'), 'hello\n');
      assert.equal(await readFile(await site.open().open(reference), 'utf8'), 'hello\n');
    });

    promises('keeps a file without a byte', async () => {
      const reference = await store.putFile('dataset', 'none.jsonl', '', madeBy);
      assert.equal((await stat(await site.open().open(reference))).size, 0);
    });

    promises('gives a path that ends in the name that it was stored under', async () => {
      const reference = await store.take('model', await modelFolder(), madeBy, 'model');
      const path = await site.open().open(reference);
      assert.match(path, /\/model$/);
      assert.deepEqual((await readdir(path)).sort(), ['a', 'deep']);
      assert.equal(await readFile(join(path, 'deep', 'b'), 'utf8'), 'content of deep/b');
    });

    promises('stores equal content once, and answers with the first reference', async () => {
      const first = await store.putFile('dataset', 'a.jsonl', 'hello\n', { rows: 1, ...madeBy });
      const before = await site.names();
      const second = await site.open().putFile('dataset', 'b.jsonl', 'hello\n', { rows: 1, ...madeBy });
      assert.deepEqual(second, first);
      assert.deepEqual(await site.names(), before);
      assert.equal(await readFile(await store.open(second), 'utf8'), 'hello\n');
    });

    promises('stores equal content once where several bring it at the same time', async () => {
      const stores = Array.from({ length: 6 }, () => site.open());
      const found = await Promise.all(
        stores.map((each, index) => each.putFile('dataset', `${index}.jsonl`, 'hello\n', madeBy)),
      );
      const [{ uri } = { uri: '' }] = found;
      assert.deepEqual(new Set(found.map((reference) => reference.uri)), new Set([uri]));
      assert.equal((await store.listManifests()).length, 1);
      for (const each of stores)
        assert.equal(await readFile(await each.locate(uri).then(({ path }) => path), 'utf8'), 'hello\n');
    });

    promises('keeps beside an artifact what it was made from', async () => {
      const about = { madeBy: 'dedupe', madeFrom: { data: 'abc' }, settings: { threshold: 0.7 } };
      const reference = await store.putFile('dataset', 'rows.jsonl', 'hello\n', about);
      const { createdAt, ...manifest } = await store.readManifest(reference);
      assert.deepEqual(manifest, { reference, ...about });
      assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000);
    });

    promises('lists what it holds, all of it or one kind', async () => {
      const data = await store.putFile('dataset', 'rows.jsonl', 'hello\n', madeBy);
      const model = await store.take('model', await modelFolder(), madeBy, 'model');
      // A folder may have a file of the name that what is beside it has.
      const workspace = await store.workspace('release');
      await writeFile(join(workspace, 'manifest.json'), '{}');
      const release = await store.take('release', workspace, madeBy, 'release');
      const uris = async (kind?: string) =>
        (await site.open().listManifests(kind)).map(({ reference }) => reference.uri).sort();
      assert.deepEqual(await uris(), [data.uri, model.uri, release.uri]);
      assert.deepEqual(await uris('model'), [model.uri]);
      assert.deepEqual(await uris('none'), []);
    });

    promises('reads one file of an artifact', async () => {
      const model = await store.take('model', await modelFolder(), madeBy, 'model');
      const data = await store.putFile('dataset', 'rows.jsonl', 'hello\n', madeBy);
      assert.equal(String(await site.open().readPart(model, 'deep/b')), 'content of deep/b');
      assert.equal(String(await site.open().readPart(data)), 'hello\n');
      await assert.rejects(site.open().readPart(model, 'c'), { code: 'NotFound' });
    });

    promises('lacks what it has no manifest of, and says which store that is', async () => {
      const reference = await store.putFile('dataset', 'rows.jsonl', 'hello\n', madeBy);
      const none = { ...reference, uri: reference.uri.replace('artifact://dataset', 'artifact://none') };
      for (const ask of [
        () => store.readManifest(none),
        () => store.locate(none.uri),
        () => store.open(none),
        () => store.readPart(none),
      ])
        await assert.rejects(ask(), (error: AlpacaError) => {
          assert.deepEqual([error.code, error.retryable], ['NotFound', false]);
          assert.ok(error.message.includes(store.root));
          return true;
        });
      assert.equal(await isStored(store, none), false);
      assert.equal(await isStored(store, reference), true);
      await store.mustHold(reference.uri);
      await assert.rejects(store.mustHold(none.uri), { code: 'StoreAway', retryable: true });
    });

    promises(
      'gives a folder the digest of its sorted file list, in whatever order it was written',
      async () => {
        const digests = [];
        for (const order of [
          ['a', 'deep/b'],
          ['deep/b', 'a'],
        ])
          digests.push((await store.take('model', await modelFolder(order), madeBy, 'model')).sha256);
        assert.equal(digests[0], digests[1]);
      },
    );

    promises('refuses bytes that do not match their digest', async () => {
      const reference = await store.putFile('dataset', 'rows.jsonl', 'hello\n', madeBy);
      await site.damage(reference);
      await assert.rejects(site.open().open(reference), { code: 'CorruptArtifact' });
    });

    promises('resolves a uri to its reference', async () => {
      const reference = await store.putFile('dataset', 'rows.jsonl', 'hello\n', { rows: 1, ...madeBy });
      assert.deepEqual(await site.open().resolve(reference.uri, 'dataset'), reference);
    });

    promises('imports a bare path from beneath an import folder, and refuses every other', async () => {
      await mkdir(join(folder, 'import'));
      await writeFile(join(folder, 'import', 'mine.jsonl'), 'hello\n');
      await writeFile(join(folder, 'secret.txt'), 'hello\n');
      assert.equal((await store.resolve(join(folder, 'import', 'mine.jsonl'), 'dataset')).sha256, HELLO);
      assert.equal(await readFile(join(folder, 'import', 'mine.jsonl'), 'utf8'), 'hello\n', 'it stays');
      for (const path of [
        join(folder, 'secret.txt'),
        join(folder, 'import', '..', 'secret.txt'),
        '/etc/passwd',
        `${join(folder, 'import')}-other/x`,
      ])
        await assert.rejects(store.resolve(path, 'dataset'), { code: 'RefusedPath' }, path);
    });

    promises('counts the rows of a file that it imports', async () => {
      await mkdir(join(folder, 'import'));
      const rowsOf = async (name: string, content: string) => {
        await writeFile(join(folder, 'import', name), content);
        return (await store.resolve(join(folder, 'import', name), 'dataset')).rows;
      };
      assert.equal(await rowsOf('rows.jsonl', '{}\n{}\n\n{}'), 3);
      assert.equal(await rowsOf('rows.json', '[{}, {}]'), 2);
      assert.equal(await rowsOf('weights.bin', '{}\n{}'), 0);
    });

    promises('names the user’s path where there is no such file', async () => {
      const path = join(folder, 'import', 'none.jsonl');
      await assert.rejects(store.resolve(path, 'dataset'), (error: AlpacaError) => {
        assert.equal(error.code, 'NotFound');
        assert.ok(error.message.startsWith(`There is no file or folder ${path}`));
        return true;
      });
    });

    promises('refuses uris that lead out of the store', async () => {
      for (const uri of [
        `artifact://dataset/${HELLO}/..`,
        'artifact://../../etc/passwd',
        `artifact://dataset/${HELLO}/a/b`,
      ])
        await assert.rejects(store.resolve(uri, 'dataset'), { code: 'InvalidInput' }, uri);
    });

    promises('deletes an artifact when asked, and no other', async () => {
      const gone = await store.putFile('dataset', 'rows.jsonl', 'hello\n', madeBy);
      const kept = await store.putFile('dataset', 'rows.jsonl', 'again\n', madeBy);
      assert.equal(await store.remove(gone), true);
      assert.equal(await store.remove(gone), false);
      await assert.rejects(store.open(gone), { code: 'NotFound' });
      await site.open().open(kept);
      assert.deepEqual(
        (await store.listManifests()).map(({ reference }) => reference.sha256),
        [kept.sha256],
      );
      assert.ok((await site.names()).every((name) => !name.includes(HELLO)));
    });

    promises('stores anew what was deleted', async () => {
      const first = await store.putFile('dataset', 'rows.jsonl', 'hello\n', madeBy);
      await site.open().remove(first);
      const again = await store.putFile('dataset', 'rows.jsonl', 'hello\n', madeBy);
      assert.equal(await readFile(await site.open().open(again), 'utf8'), 'hello\n');
    });

    promises('writes a named record once', async () => {
      assert.equal(await store.writeEntryOnce('ledger/a.json', 'first'), true);
      assert.equal(await site.open().writeEntryOnce('ledger/a.json', 'second'), false);
      assert.equal(String(await store.readEntry('ledger/a.json')), 'first');
      assert.equal(await store.readEntry('ledger/b.json'), null);
      assert.deepEqual(await store.listEntries('ledger'), ['a.json']);
    });

    promises('replaces a named record, which others see at once', async () => {
      await store.writeEntry('yield/a.json', 'first, and longer');
      await store.writeEntry('yield/a.json', 'second');
      assert.equal(String(await site.open().readEntry('yield/a.json')), 'second');
    });

    promises('lists the records beneath a path, sorted, and none beside it', async () => {
      for (const name of ['a/2/x.json', 'a/10.json', 'a/1.json', 'ab/1.json', 'a.json'])
        await store.writeEntry(name, '{}');
      assert.deepEqual(await site.open().listEntries('a'), ['1.json', '10.json', '2/x.json']);
      assert.deepEqual(await store.listEntries('none'), []);
      assert.equal((await store.listEntries('')).length, 5);
    });

    promises('deletes a record, or all beneath a path', async () => {
      for (const name of ['a/1.json', 'a/2.json', 'b/1.json']) await store.writeEntryOnce(name, '{}');
      await store.removeEntries('a/1.json');
      assert.deepEqual(await store.listEntries('a'), ['2.json']);
      await store.removeEntries('a');
      await store.removeEntries('a');
      assert.deepEqual(await store.listEntries('a'), []);
      assert.deepEqual(await store.listEntries('b'), ['1.json']);
      await assert.rejects(store.removeEntries('../outside'), { code: 'RefusedPath' });
    });

    promises('lets exactly one of many writers at the same time win a record', async () => {
      const stores = [store, site.open(), site.open()];
      const won = await Promise.all(
        Array.from({ length: 21 }, (_, index) =>
          (stores[index % 3] ?? store).writeEntryOnce('pointer.json', `writer ${index}`),
        ),
      );
      assert.equal(won.filter(Boolean).length, 1);
      assert.equal(String(await store.readEntry('pointer.json')), `writer ${won.indexOf(true)}`);
    });

    promises('refuses record names that lead out of the store', async () => {
      await assert.rejects(async () => store.writeEntryOnce('../../outside', 'x'), { code: 'RefusedPath' });
      await assert.rejects(async () => store.writeEntry('../outside', 'x'), { code: 'RefusedPath' });
      await assert.rejects(async () => store.readEntry('../outside'), { code: 'RefusedPath' });
    });

    promises('sweeps away nothing of what it holds, whenever that was stored', async () => {
      await store.putFile('dataset', 'rows.jsonl', 'hello\n', madeBy);
      await store.take('model', await modelFolder(), madeBy, 'model');
      await store.writeEntry('runs/one.json', '{}');
      const names = await site.names();
      assert.deepEqual(await store.sweep(Date.now() + 60_000, true), { names: [], bytes: 0 });
      assert.deepEqual(await site.names(), names);
    });

    promises('says before any work that it can keep all of this, twice', async () => {
      await store.check();
      await site.open().check();
      assert.deepEqual(await store.listManifests(), []);
    });
  });
}
