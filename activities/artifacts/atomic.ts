import { randomBytes } from 'node:crypto';
import { cp, type FileHandle, link, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AlpacaError, storageError } from '../errors.ts';

/**
 * Writes that either happened whole or not at all: a temporary file beside the target, fsync, then
 * rename (replace) or link (only if absent), then fsync of the folder so that a power cut keeps it.
 */

/** Asked before a folder is made that is not there: throws where it is to be there. Gives one that must be there. */
type FolderCheck = () => Promise<string>;

/** Replaces `path` with `content`. */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array,
  mayMakeFolder?: FolderCheck,
): Promise<void> {
  const temporary = await writeTemporary(path, content, mayMakeFolder);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw storageError(error, path);
  }
  await syncFolder(dirname(path));
}

/** Writes `path` only if it does not exist. Returns false, changing nothing, where it does. */
export async function writeOnce(
  path: string,
  content: string | Uint8Array,
  mayMakeFolder?: FolderCheck,
): Promise<boolean> {
  const temporary = await writeTemporary(path, content, mayMakeFolder);
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw storageError(error, path);
  } finally {
    await unlink(temporary);
  }
  await syncFolder(dirname(path));
  return true;
}

/**
 * Makes a folder and those above it. Node's own way looks for the first that it can make, for ever where a file
 * system takes none (Node 24 on /proc), and says of a read-only one that it is not there.
 *
 * @param beneath a folder that must be there: it and those above it are not made, and ENOENT says so
 * @throws AlpacaError StoreAway for a file system that is read-only; Configuration for one that takes no folder;
 *   StorageFull; Permission
 */
export async function makeFolder(path: string, mode = 0o777, beneath?: string): Promise<void> {
  const folder = resolve(path);
  if (folder === beneath) return void (await stat(folder));
  if (await isMade(folder, mode)) return;
  await makeFolder(dirname(folder), undefined, beneath);
  if (await isMade(folder, mode)) return;
  // What was there a moment ago may have gone with its store: then that is what is wrong.
  await stat(dirname(folder));
  throw new AlpacaError('Configuration', `${folder} cannot be made: its file system takes no folder.`, {
    remedy: 'Name another place.',
  });
}

/**
 * Makes a folder that is for nobody else on this machine, and so is all that comes into it, whatever its own mode. One
 * that is there already stays as its owner has it.
 *
 * @throws as `makeFolder`
 */
export function makePrivateFolder(path: string): Promise<void> {
  return makeFolder(path, 0o700);
}

/** False where the folder above it is not there. */
async function isMade(folder: string, mode: number): Promise<boolean> {
  try {
    await mkdir(folder, { mode });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await isFolder(folder))) return true;
    if (code === 'ENOENT') return false;
    throw storageError(error, folder);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

/** Moves a file or folder, from another file system too. */
export async function moveInto(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await cp(from, to, { recursive: true });
  }
}

/**
 * Deletes a file or folder: it is gone whole or not at all, whenever the process ends. False where there
 * was none.
 */
export async function removeWhole(path: string): Promise<boolean> {
  const temporary = temporaryName(path);
  try {
    await rename(path, temporary);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw storageError(error, path);
  }
  await rm(temporary, { recursive: true, force: true });
  return true;
}

/** fsyncs every file beneath `folder`, and the folders themselves. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) await syncFile(join(entry.parentPath, entry.name));
    else if (entry.isDirectory()) await syncFolder(join(entry.parentPath, entry.name));
  }
  await syncFolder(folder);
}

export async function syncFolder(folder: string): Promise<void> {
  await syncFile(folder);
}

export function temporaryName(path: string): string {
  return `${path}.${process.pid}.${randomBytes(6).toString('hex')}.partial`;
}

async function writeTemporary(
  path: string,
  content: string | Uint8Array,
  mayMakeFolder: FolderCheck | undefined,
): Promise<string> {
  const temporary = temporaryName(path);
  try {
    const file = await createFile(temporary, mayMakeFolder);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw storageError(error, path);
  }
  return temporary;
}

/** The folder is there for all but the first of its files, so it is made only once it is missed. */
async function createFile(path: string, mayMakeFolder: FolderCheck | undefined): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await makeFolder(dirname(path), undefined, await mayMakeFolder?.());
    return open(path, 'wx');
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Names in a folder; none where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw storageError(error, folder);
  });
}
