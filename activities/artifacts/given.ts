import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { AlpacaError, storageError } from '../errors.ts';
import { isModelFile } from './model-files.ts';

/**
 * What a user has named is opened here and nowhere else: regular files alone, since a FIFO waits for a writer and a
 * device may have no end, and of a folder only what no link leads out of.
 */

export interface GivenOptions {
  /** what messages call the file */
  name?: string;
  /** bytes that it may have */
  most?: number;
  /** folders that the file must be in when it is open, whatever stood at its path before */
  within?: readonly string[];
  signal?: AbortSignal;
}

/**
 * Opens a regular file for reading.
 *
 * @throws AlpacaError NotFound; InvalidInput for what is no regular file, or no path that a file can have; RefusedPath
 *   where it is in none of the folders `within`
 */
export async function openGiven(
  path: string,
  { name = path, within }: Pick<GivenOptions, 'name' | 'within'> = {},
): Promise<FileHandle> {
  try {
    // Without waiting: a FIFO that nobody writes to would hold a thread of this process for ever.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile()) throw noFile(found, name);
      if (within) await realOf(await pathOf(file, path), await realRoots(within), name);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw givenError(error, name);
  }
}

/**
 * The bytes of a regular file, in chunks of a quarter of a megabyte.
 *
 * @throws AlpacaError as `openGiven`, and InvalidInput where it has more than `most` bytes; the signal's reason
 */
export async function* streamGiven(
  path: string,
  { name = path, most = Number.POSITIVE_INFINITY, within, signal }: GivenOptions = {},
): AsyncGenerator<Buffer> {
  const file = await openGiven(path, { name, ...(within && { within }) });
  try {
    const { size } = await file.stat();
    if (size > most) throw tooLarge(name, size, most);
    let bytes = 0;
    // What has no size of its own, as the files of /proc, or grows meanwhile, is counted.
    while (true) {
      signal?.throwIfAborted();
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      bytes += bytesRead;
      if (bytes > most) throw tooLarge(name, bytes, most);
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw signal?.aborted ? error : givenError(error, name);
  } finally {
    await file.close();
  }
}

/** Bytes of a record that a program wrote, such as a release's manifest: it lists files, not rows. */
export const MOST_RECORD_BYTES = 2 ** 26;

/** The whole of a regular file; as `streamGiven`. */
export async function readGiven(path: string, options: GivenOptions = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of streamGiven(path, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A file of what a user has named: where it is in it (empty for the file itself), and its real path. */
export interface GivenFile {
  path: string;
  real: string;
}

/**
 * The regular files of a path beneath one of `roots`: the file itself, or those of the folder; of a model's folder
 * only what a model has.
 *
 * @throws AlpacaError RefusedPath where a link leads out of the roots; NotFound; InvalidInput where something in it is
 *   neither a file nor a folder, or there is too much of it
 */
export async function givenFiles(path: string, roots: readonly string[], name: string): Promise<GivenFile[]> {
  const real = await realOf(path, await realRoots(roots), name);
  const found = await stat(real).catch((error) => {
    throw givenError(error, name, 'file or folder');
  });
  if (found.isFile()) return [{ path: '', real }];
  if (!found.isDirectory()) throw noFile(found, name);
  const entries = await readdir(real);
  const isModel = entries.includes('config.json') || entries.includes('adapter_config.json');
  const files: GivenFile[] = [];
  await walk(real, '', { roots: await realRoots(roots), name, wanted: isModel ? isModelFile : null, files });
  return files;
}

/** What the file system says of a path that a user has named, as a sentence; anything else as it is. */
function givenError(error: unknown, name: string, what = 'file'): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new AlpacaError('NotFound', `There is no ${what} ${name}.`, {
      remedy: 'Check the path; it is read on the worker’s machine.',
    });
  if (code === 'ENXIO') return noFile(null, name);
  return storageError(error, name);
}

// details -----------------------------------------------------------------------------------------------
const CHUNK_BYTES = 1 << 18;

/** A model of a thousand shards has as many files; a release, a dozen. */
const MOST_FILES = 10_000;
const MOST_DEPTH = 16;

interface Walk {
  roots: readonly string[];
  name: string;
  /** files of these names, at the top alone; null for all */
  wanted: ((name: string) => boolean) | null;
  files: GivenFile[];
}

async function walk(folder: string, path: string, { roots, name, wanted, files }: Walk): Promise<void> {
  if (path.split('/').length > MOST_DEPTH) throw tooMuch(name, `folders ${MOST_DEPTH} deep`);
  for (const entry of await readdir(folder)) {
    if (wanted !== null && !wanted(entry)) continue;
    const inside = path === '' ? entry : `${path}/${entry}`;
    const called = `${name}${sep}${inside}`;
    const real = await realOf(join(folder, entry), roots, called);
    const found = await stat(real);
    if (found.isFile()) files.push({ path: inside, real });
    else if (!found.isDirectory()) throw noFile(found, called);
    else if (wanted === null) await walk(real, inside, { roots, name, wanted, files });
    if (files.length > MOST_FILES) throw tooMuch(name, `more than ${MOST_FILES} files`);
  }
}

/** Where an open file is: Linux knows it by the file itself, elsewhere its path is looked at once more. */
async function pathOf(file: FileHandle, path: string): Promise<string> {
  return readlink(`/proc/self/fd/${file.fd}`).catch(() => path);
}

async function realOf(path: string, roots: readonly string[], name: string): Promise<string> {
  const real = await realpath(path).catch((error) => {
    throw givenError(error, name, 'file or folder');
  });
  if (roots.some((root) => real === root || real.startsWith(root === sep ? root : root + sep))) return real;
  throw new AlpacaError('RefusedPath', `${name} is a link that leads out of the import folders.`, {
    remedy: 'Put the file itself there, or list the folder that it is in too.',
  });
}

/** A snapshot in the cache of Hugging Face has links to the files themselves, in a folder beside it. */
const SNAPSHOT = /[/\\]models--[^/\\]+[/\\]snapshots[/\\][^/\\]+[/\\]?$/;

async function realRoots(roots: readonly string[]): Promise<string[]> {
  const all = roots.flatMap((root) => (SNAPSHOT.test(root) ? [root, join(root, '../../blobs')] : [root]));
  return Promise.all(all.map((root) => realpath(root).catch(() => root)));
}

function noFile(found: Stats | null, name: string): AlpacaError {
  const what = found?.isDirectory() ? 'a folder' : 'no regular file';
  return new AlpacaError('InvalidInput', `${name} is ${what}; expected a file.`, {
    remedy: 'Name a file: what is a pipe, a socket or a device is not read.',
  });
}

function tooLarge(name: string, size: number, most: number): AlpacaError {
  return new AlpacaError('InvalidInput', `${name} has ${size} bytes; at most ${most} are read.`, {
    remedy: 'Check that it is the file that you mean.',
  });
}

function tooMuch(name: string, what: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${name} has ${what}.`, {
    remedy: 'Name the folder of the model or the file itself.',
  });
}
