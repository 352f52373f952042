import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { type AlpacaError, storageError } from '../../../../activities/errors.ts';

/** A file system of 256 KiB; null where this user may not mount one. */
function mountSmall(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'alpaca-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    return null;
  }
}

describe('a full disk', () => {
  const folder = mountSmall();
  const skip = folder === null ? 'mounting a small file system needs root' : false;
  before(async () => {
    if (folder) await writeFile(join(folder, 'ballast'), Buffer.alloc(200 * 1024));
  });
  after(async () => {
    if (!folder) return;
    execFileSync('umount', [folder]);
    await rm(folder, { recursive: true });
  });

  it('is one sentence with the way out, and leaves nothing half-written', { skip }, async () => {
    assert.ok(folder);
    const store = createLocalStore({ root: join(folder, 'store') });
    const before = await store.putFile('dataset', 'small.jsonl', 'kept\n', { madeBy: 'test' });
    await assert.rejects(
      store.putFile('dataset', 'rows.jsonl', 'x'.repeat(120 * 1024), { madeBy: 'test' }),
      (error: AlpacaError) => {
        assert.equal(error.code, 'StorageFull');
        assert.match(
          error.message,
          /^The disk is full: .*rows\.jsonl was not written, and nothing half-written was left\. Free some space\.$/,
        );
        assert.doesNotMatch(error.message, /partial/);
        return true;
      },
    );
    await assert.rejects(store.writeEntryOnce('ledger/a.json', 'x'.repeat(120 * 1024)), {
      code: 'StorageFull',
    });
    assert.equal(await store.readEntry('ledger/a.json'), null);
    const left = (await readdir(store.root, { recursive: true })).filter(
      (name) => name.endsWith('.jsonl') || name.includes('a.json'),
    );
    assert.deepEqual(left, [`artifacts/dataset/${before.sha256}/small.jsonl`]);

    await rm(join(folder, 'ballast'));
    await store.putFile('dataset', 'rows.jsonl', 'x'.repeat(120 * 1024), { madeBy: 'test' });
  });
});

describe('what the file system throws', () => {
  const thrown = (code: string) =>
    storageError(
      Object.assign(new Error(code), { code }),
      '/data/x.json.12.0123456789ab.partial',
    ) as AlpacaError;

  it('becomes a sentence that names the place and not our temporary name', () => {
    assert.equal(
      thrown('EACCES').message,
      'No permission to access /data/x.json. Check the owner and mode of the path.',
    );
    assert.equal(
      thrown('ENOTDIR').message,
      '/data/x.json cannot be made: a part of that path is no folder. Name another place.',
    );
    assert.equal(thrown('EDQUOT').code, 'StorageFull');
  });

  it('stays what it is where we know nothing better', () => {
    assert.equal((thrown('EMFILE') as Error).message, 'EMFILE');
  });
});
