import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** A file of a folder artifact. */
export interface TreeFile {
  path: string;
  sha256: string;
  bytes: number;
}

/** SHA-256 of files by their paths in a folder, of whoever wrote them and took it of the bytes on their way. */
export type WrittenDigests = Readonly<Record<string, string>>;

/**
 * SHA-256 of a file's bytes; of a folder, of its sorted list of paths, digests and sizes.
 *
 * @param written digests of a folder's files that are known: these are not read
 */
export async function digestOf(
  path: string,
  written: WrittenDigests = {},
  signal?: AbortSignal,
): Promise<{ sha256: string; bytes: number; files?: TreeFile[] }> {
  if ((await stat(path)).isFile()) return digestFile(path, signal);
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const names: string[] = [];
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    // A folder outside of the store may have links to its files, as the cache of Hugging Face has.
    if (entry.isFile() || (entry.isSymbolicLink() && (await stat(file)).isFile()))
      names.push(relative(path, file));
  }
  const files: TreeFile[] = [];
  for (const name of names.sort()) {
    const treePath = name.split(sep).join('/');
    const known = written[treePath];
    const file = join(path, name);
    const digest = known ? { sha256: known, bytes: (await stat(file)).size } : await digestFile(file, signal);
    files.push({ path: treePath, ...digest });
  }
  const sha256 = createHash('sha256').update(JSON.stringify(files)).digest('hex');
  return { sha256, bytes: files.reduce((sum, file) => sum + file.bytes, 0), files };
}

async function digestFile(
  path: string,
  signal: AbortSignal | undefined,
): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    signal?.throwIfAborted();
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}
