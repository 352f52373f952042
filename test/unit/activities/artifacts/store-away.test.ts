import assert from 'node:assert/strict';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { makeFolder } from '../../../../activities/artifacts/atomic.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { storageError } from '../../../../activities/errors.ts';

const madeBy = { madeBy: 'test' };

describe('a store that is away', () => {
  let folder: string;
  let store: ReturnType<typeof createLocalStore>;
  let kept: Awaited<ReturnType<typeof store.putFile>>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-away-'));
    store = createLocalStore({ root: join(folder, 'store') });
    kept = await store.putFile('dataset', 'rows.jsonl', 'kept\n', madeBy);
    await store.writeEntryOnce('ledger/answer.json', 'paid');
    await rename(store.root, join(folder, 'elsewhere'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is waited for, whatever is asked of it: an answer that was paid for is never taken for missing', async () => {
    const asked = {
      open: () => store.open(kept),
      readManifest: () => store.readManifest(kept),
      putFile: () => store.putFile('dataset', 'more.jsonl', 'more\n', madeBy),
      workspace: () => store.workspace('rows'),
      locate: () => store.locate(kept.uri),
      readEntry: () => store.readEntry('ledger/answer.json'),
      listEntries: () => store.listEntries('ledger'),
      writeEntryOnce: () => store.writeEntryOnce('ledger/answer.json', 'paid again'),
      writeEntry: () => store.writeEntry('ledger/answer.json', 'paid again'),
    };
    for (const [name, ask] of Object.entries(asked))
      await assert.rejects(ask(), { code: 'StoreAway', retryable: true }, name);
  });

  it('that goes away while a folder of it is made has no root made in its place', async () => {
    await assert.rejects(makeFolder(join(store.root, 'entries/ledger/more'), undefined, store.root), {
      code: 'ENOENT',
    });
    assert.deepEqual(await readdir(folder), ['elsewhere']);
  });

  it('is not begun anew in its place, and is as it was when it is back', async () => {
    await assert.rejects(store.writeEntryOnce('ledger/answer.json', 'paid again'));
    assert.deepEqual(await readdir(folder), ['elsewhere']);
    await rename(join(folder, 'elsewhere'), store.root);
    assert.equal(String(await store.readEntry('ledger/answer.json')), 'paid');
    assert.equal(await store.readEntry('ledger/other.json'), null);
    await store.open(kept);
  });

  it('is also one whose device does not answer', () => {
    for (const code of ['EROFS', 'ENODEV', 'EIO', 'ESTALE', 'ENOTCONN', 'ETIMEDOUT', 'EHOSTDOWN'])
      assert.equal(
        (storageError(Object.assign(new Error(code), { code }), '/store/x') as Error & { code: string }).code,
        'StoreAway',
      );
  });
});
