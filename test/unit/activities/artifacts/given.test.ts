import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, link, mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { makeFolder } from '../../../../activities/artifacts/atomic.ts';
import { builtinPath } from '../../../../activities/artifacts/builtin.ts';
import { digestOf } from '../../../../activities/artifacts/digest.ts';
import { givenFiles, readGiven } from '../../../../activities/artifacts/given.ts';
import { readRows } from '../../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { importSource } from '../../../../workers/command/place.ts';

/** Everything here ends within this: none of it waits for a writer or reads a device. */
const SOON = { timeout: 20_000 };

describe('a file that a user names', () => {
  let folder: string;
  let given: string;
  let store: ArtifactStore;
  const at = (name: string) => join(given, name);
  const readNamed = (name: string) => readGiven(at(name));
  const importing = (name: string, kind = 'rows', signal?: AbortSignal) =>
    store.resolve(at(name), kind, undefined, signal);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-given-'));
    given = join(folder, 'import');
    await mkdir(given);
    store = createLocalStore({ root: join(folder, 'store'), importFolders: [given] });
    await writeFile(join(folder, 'secret.txt'), 'secret\n');
    await writeFile(at('rows.jsonl'), '{}\n');
    await cp(builtinPath('tiny-model', 'en'), at('model'), { recursive: true });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('is refused where a link leads it out of the import folders', SOON, async () => {
    await symlink(join(folder, 'secret.txt'), at('leading-out.txt'));
    await assert.rejects(importing('leading-out.txt'), { code: 'RefusedPath', message: /is a link/ });
    await assert.rejects(store.locate(at('leading-out.txt')), { code: 'RefusedPath' });
    await symlink(folder, at('up'));
    await assert.rejects(importing('up/secret.txt'), { code: 'RefusedPath' });
  });

  it('is refused where such a link is put in its place after it was looked at', SOON, async () => {
    await writeFile(at('replaced.txt'), 'honest\n');
    const [file] = await givenFiles(at('replaced.txt'), [given], 'replaced.txt');
    const real = file?.real ?? '';
    assert.equal(String(await readGiven(real, { within: [given] })), 'honest\n');
    await rm(real);
    await symlink(join(folder, 'secret.txt'), real);
    await assert.rejects(readGiven(real, { within: [given], name: 'replaced.txt' }), {
      code: 'RefusedPath',
      message: /^replaced.txt is a link that leads out of the import folders/,
    });
  });

  it('is taken where a link stays within them', SOON, async () => {
    await symlink(at('rows.jsonl'), at('leading-in.jsonl'));
    assert.equal((await importing('leading-in.jsonl')).bytes, 3);
  });

  it('is refused where a file or a folder of a model is such a link', SOON, async () => {
    await cp(at('model'), at('linked'), { recursive: true });
    await rm(at('linked/generation_config.json'));
    await symlink(join(folder, 'secret.txt'), at('linked/generation_config.json'));
    await assert.rejects(importing('linked', 'model'), { code: 'RefusedPath', message: /generation_config/ });
    await assert.rejects(store.locate(at('linked')), { code: 'RefusedPath', message: /generation_config/ });
    await mkdir(at('tree'));
    await symlink(folder, at('tree/all'));
    await assert.rejects(importing('tree', 'any'), { code: 'RefusedPath', message: /all/ });
  });

  it('is refused where it is no regular file, at once', SOON, async () => {
    execFileSync('mkfifo', [at('fifo.jsonl')]);
    const socket = createServer().listen(at('socket.jsonl'));
    const devices = createLocalStore({ root: join(folder, 'store'), importFolders: ['/dev'] });
    const isNone = { code: 'InvalidInput', message: /is no regular file/ };
    for (const name of ['fifo.jsonl', 'socket.jsonl']) {
      await assert.rejects(importing(name), isNone);
      await assert.rejects(store.locate(at(name)), isNone);
      await assert.rejects(readRows(at(name), z.unknown()), isNone);
      await assert.rejects(readGiven(at(name)), isNone);
    }
    await assert.rejects(devices.resolve('/dev/zero', 'rows'), isNone);
    await assert.rejects(readRows('/dev/zero', z.unknown()), isNone);
    await cp(at('model'), at('piped'), { recursive: true });
    execFileSync('mkfifo', [at('piped/vocab.json')]);
    await assert.rejects(importing('piped', 'model'), { code: 'InvalidInput', message: /vocab\.json/ });
    socket.close();
  });

  it('of a model’s folder is copied where a model has such a file, and no other', SOON, async () => {
    await cp(at('model'), at('full'), { recursive: true });
    await writeFile(at('full/id_rsa'), 'private');
    await writeFile(at('full/README.md'), '# A model\n');
    await mkdir(at('full/.git'));
    await writeFile(at('full/.git/config'), 'token');
    const reference = await importing('full', 'model');
    assert.deepEqual((await readdir(await store.open(reference))).sort(), [
      'README.md',
      'config.json',
      'generation_config.json',
      'initialize-weights',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
  });

  it('keeps the digest that it had: a model is the same however it came', SOON, async () => {
    const { sha256 } = await importing('model', 'model');
    const builtin = builtinPath('tiny-model', 'en');
    assert.equal((await store.resolve('builtin', 'model', builtin)).sha256, sha256);
  });

  it(
    'of the Hugging Face cache is found where its snapshot links to, from the command line',
    SOON,
    async () => {
      const [blobs, snapshot] = [at('models--a--b/blobs'), at('models--a--b/snapshots/0123')];
      await cp(at('model'), blobs, { recursive: true });
      await mkdir(snapshot, { recursive: true });
      for (const name of await readdir(blobs)) await symlink(join('../../blobs', name), join(snapshot, name));
      const imported = await importSource(snapshot, 'model', store.root);
      assert.ok(typeof imported === 'object');
      assert.equal(imported.sha256, (await importing('model', 'model')).sha256);
      await rm(join(snapshot, 'config.json'));
      await symlink(join(folder, 'secret.txt'), join(snapshot, 'config.json'));
      await assert.rejects(importSource(snapshot, 'model', store.root), { code: 'RefusedPath' });
    },
  );

  it('has a digest of its own behind a link, too', SOON, async () => {
    const digests = [];
    for (const content of ['one', 'other']) {
      await writeFile(at('target.bin'), content);
      await mkdir(at(`links-${content}`));
      await symlink(at('target.bin'), at(`links-${content}/model.bin`));
      digests.push((await digestOf(at(`links-${content}`))).sha256);
    }
    assert.notEqual(digests[0], digests[1]);
  });

  it('is copied no further once nobody waits for it', SOON, async () => {
    await writeFile(at('large.bin'), '');
    await truncate(at('large.bin'), 2 ** 36);
    const stop = new AbortController();
    const copying = importing('large.bin', 'rows', stop.signal);
    setTimeout(() => stop.abort(new Error('terminated')), 200);
    await assert.rejects(copying, { message: 'terminated' });
    assert.deepEqual(await readdir(join(store.root, 'work')), []);
    await rm(at('large.bin'));
  });

  it('is read up to a bound', SOON, async () => {
    await writeFile(at('small.json'), '{"a": 1}');
    assert.equal(String(await readGiven(at('small.json'), { most: 8 })), '{"a": 1}');
    await assert.rejects(readGiven(at('small.json'), { most: 7 }), {
      code: 'InvalidInput',
      message: /small\.json has 8 bytes; at most 7 are read/,
    });
  });

  it('is refused for good where its name can be no name of a file', SOON, async () => {
    await symlink(at('round'), at('round'));
    for (const name of ['a\0b', 'x'.repeat(300), 'round'])
      for (const look of [importing, (path: string) => readRows(at(path), z.unknown()), readNamed])
        await assert.rejects(
          look(name),
          { code: 'InvalidInput', message: /cannot be the path of a file/ },
          name,
        );
    await store.writeEntry('ledger/a', '');
    for (const path of ['a\0b', `ledger/${'x'.repeat(300)}`]) {
      const unusable = { code: 'InvalidInput', message: /cannot be the path of a file/ };
      await assert.rejects(store.readEntry(path), unusable, path);
      await assert.rejects(store.writeEntryOnce(path, ''), unusable, path);
    }
  });

  it('may have a second name of another file: a hard link is a file', SOON, async () => {
    await link(at('rows.jsonl'), at('hard.jsonl'));
    assert.equal((await importing('hard.jsonl')).bytes, 3);
  });
});

describe('a folder that is made by several at once', () => {
  it('is made by each of them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-folder-'));
    for (let round = 0; round < 50; round += 1)
      await Promise.all(Array.from({ length: 4 }, () => makeFolder(join(folder, `${round}/a/b/c`))));
    assert.equal((await readdir(folder)).length, 50);
    await rm(folder, { recursive: true });
  });
});

describe('a folder that cannot be made', () => {
  it('is said at once, where Node would try for ever', { timeout: 20_000 }, async (test) => {
    if (process.platform !== 'linux') return test.skip('only Linux has a /proc that takes no folder');
    await assert.rejects(makeFolder('/proc/alpaca/store'), {
      code: 'Configuration',
      message: /^\/proc\/alpaca cannot be made/,
    });
    const store = createLocalStore({ root: '/proc/alpaca/store' });
    await assert.rejects(store.putFile('rows', 'a', '', { madeBy: 'test' }), { code: 'Configuration' });
    await assert.rejects(store.writeEntry('a', ''), { code: 'Configuration' });
  });
});
