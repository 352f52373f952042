import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { SetupError } from './cache.mjs';

/**
 * A reader for wheels, which are zip files: neither `unzip` nor Python need be there. Only what wheels
 * use is read: stored and deflated entries, sizes below 4 GiB (PKWARE APPNOTE 6.3, sections 4.3 and 4.4).
 */

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const LONGEST_END = 22 + 0xffff;

/** @typedef {{ name: string, method: number, compressedBytes: number, bytes: number, offset: number, executable: boolean }} Entry */

/**
 * Writes the entries for which `place` names a path beneath `folder`; null leaves an entry out. Programs
 * stay executable (the mode is in the high half of the external attributes).
 * @param {string} path
 * @param {string} folder
 * @param {(name: string) => string | null} place
 * @returns {Promise<string[]>} the paths written, relative to `folder`
 */
export async function extractWheel(path, folder, place) {
  const file = await open(path, 'r');
  try {
    const written = [];
    for (const entry of await readDirectory(file, path)) {
      const target = entry.name.endsWith('/') ? null : place(entry.name);
      if (target === null) continue;
      if (normalize(target).startsWith('..')) throw damaged(path, `the entry ${entry.name} leads outside`);
      await mkdir(dirname(join(folder, target)), { recursive: true });
      await extract(file, path, entry, join(folder, target));
      written.push(target);
    }
    return written;
  } finally {
    await file.close();
  }
}

/**
 * @param {import('node:fs/promises').FileHandle} file
 * @param {string} path
 * @returns {Promise<Entry[]>}
 */
async function readDirectory(file, path) {
  const { size } = await file.stat();
  const tail = await read(file, path, Math.max(0, size - LONGEST_END), Math.min(size, LONGEST_END));
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0) throw damaged(path, 'it has no directory');
  const count = tail.readUInt16LE(end + 10);
  const directory = await read(file, path, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const entries = [];
  for (let at = 0, index = 0; index < count; index += 1) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== DIRECTORY_ENTRY)
      throw damaged(path, `directory entry ${index + 1} is broken`);
    const nameBytes = directory.readUInt16LE(at + 28);
    const entry = {
      method: directory.readUInt16LE(at + 10),
      compressedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
      executable: ((directory.readUInt32LE(at + 38) >>> 16) & 0o111) !== 0,
      name: directory.toString('utf8', at + 46, at + 46 + nameBytes),
    };
    entries.push(entry);
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/**
 * @param {import('node:fs/promises').FileHandle} file
 * @param {string} path
 * @param {Entry} entry
 * @param {string} target
 */
async function extract(file, path, entry, target) {
  const header = await read(file, path, entry.offset, 30);
  if (header.readUInt32LE(0) !== LOCAL_ENTRY) throw damaged(path, `the entry ${entry.name} is broken`);
  if (entry.method !== 0 && entry.method !== 8)
    throw damaged(path, `the entry ${entry.name} uses the unknown compression method ${entry.method}`);
  const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const to = createWriteStream(target, { mode: entry.executable ? 0o777 : 0o666 });
  if (entry.compressedBytes === 0) await pipeline([], to);
  else {
    const end = start + entry.compressedBytes - 1;
    const from = createReadStream(path, { start, end, highWaterMark: 1 << 20 });
    await (entry.method === 0
      ? pipeline(from, to)
      : pipeline(from, createInflateRaw({ chunkSize: 1 << 20 }), to));
  }
  if (to.bytesWritten !== entry.bytes)
    throw damaged(path, `${entry.name} has ${to.bytesWritten} bytes in place of ${entry.bytes}`);
}

/**
 * @param {import('node:fs/promises').FileHandle} file
 * @param {string} path
 * @param {number} position
 * @param {number} length
 */
async function read(file, path, position, length) {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead !== length) throw damaged(path, 'it ends early');
  return buffer;
}

/**
 * @param {string} path
 * @param {string} reason
 */
function damaged(path, reason) {
  return new SetupError(`${path} cannot be read as a wheel: ${reason}. Delete it and start again.`);
}
