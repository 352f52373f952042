import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import { extractWheel } from '../../../workers/setup/wheel.mjs';

interface File {
  name: string;
  content: string;
  method: 0 | 8;
}

/** A zip file as the format's specification lays it out, made without the code under test. */
function zip(files: readonly File[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, method } of files) {
    const plain = Buffer.from(content);
    const data = method === 8 ? deflateRawSync(plain) : plain;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(crc32(plain), 14);
    local.writeUInt32LE(data.length, 18);
    local.writeUInt32LE(plain.length, 22);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(4, 28); // an extra field, which the directory does not have
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(plain.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    directory.push(entry, Buffer.from(name));
    parts.push(local, Buffer.from(name), Buffer.alloc(4), data);
    offset += 30 + name.length + 4 + data.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listing, end]);
}

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
