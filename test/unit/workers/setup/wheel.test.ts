import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { extractWheel } from '../../../../workers/setup/wheel.mjs';
import { type File, zip } from './zip.ts';

const FILES: File[] = [
  { name: 'tensorflow/lib.so', content: 'machine code '.repeat(1000), method: 8 },
  { name: 'tensorflow/include/c_api.h', content: '#pragma once\n', method: 0 },
  { name: 'tensorflow/__init__.py', content: '', method: 0 },
  { name: 'tensorflow/python/x.py', content: 'pass', method: 8 },
];

async function wheelOf(bytes: Buffer): Promise<{ path: string; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'alpaca-wheel-'));
  await writeFile(join(folder, 'a.whl'), bytes);
  return { path: join(folder, 'a.whl'), folder };
}

describe('a wheel', () => {
  it('gives up the entries that are placed, deflated and stored and empty ones', async () => {
    const { path, folder } = await wheelOf(zip(FILES));
    const place = (name: string) => (name.includes('python/') ? null : name.replace('tensorflow/', 'out/'));
    assert.deepEqual(await extractWheel(path, folder, place), [
      'out/lib.so',
      'out/include/c_api.h',
      'out/__init__.py',
    ]);
    assert.equal(await readFile(join(folder, 'out/lib.so'), 'utf8'), 'machine code '.repeat(1000));
    assert.equal(await readFile(join(folder, 'out/include/c_api.h'), 'utf8'), '#pragma once\n');
    assert.equal(await readFile(join(folder, 'out/__init__.py'), 'utf8'), '');
  });

  it('leaves its programs executable, and nothing else', async () => {
    const { path, folder } = await wheelOf(
      zip([
        { name: 'bin/ptxas', content: 'program', method: 8, mode: 0o100744 },
        { name: 'lib/a.so', content: 'library', method: 8, mode: 0o100644 },
      ]),
    );
    await extractWheel(path, folder, (name: string) => name);
    assert.equal((await stat(join(folder, 'bin/ptxas'))).mode & 0o100, 0o100);
    assert.equal((await stat(join(folder, 'lib/a.so'))).mode & 0o111, 0);
  });

  it('may not write outside the folder', async () => {
    const { path, folder } = await wheelOf(zip([{ name: '../escaped', content: 'x', method: 0 }]));
    await assert.rejects(
      extractWheel(path, folder, (name: string) => name),
      /the entry \.\.\/escaped leads outside/,
    );
  });

  it('that was cut short is named, with what to do', async () => {
    const { path, folder } = await wheelOf(zip(FILES).subarray(0, 200));
    await assert.rejects(
      extractWheel(path, folder, (name: string) => name),
      /a\.whl cannot be read as a wheel: it has no directory\. Delete it/,
    );
  });

  it('whose entry has another size than its directory says is refused', async () => {
    const bytes = zip([{ name: 'a', content: 'four', method: 8 }]);
    bytes.writeUInt32LE(5, bytes.length - 22 - 47 + 24);
    const { path, folder } = await wheelOf(bytes);
    await assert.rejects(
      extractWheel(path, folder, (name: string) => name),
      /a has 4 bytes in place of 5/,
    );
  });
});
