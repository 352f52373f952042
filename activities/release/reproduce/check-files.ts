import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { digestOf } from '../../artifacts/digest.ts';
import { digestOfManifest, type ReleaseManifest } from '../manifest.ts';
import { MANIFEST_FILE } from '../write-release.ts';
import { type Finding, unequal, unless } from './claims.ts';

/** The manifest is as it was written: its digest of itself. */
export function checkManifest(manifest: ReleaseManifest, raw: object): Finding {
  return unless(
    unequal([['the digest of the manifest', digestOfManifest(raw), manifest.digest]]),
    `${MANIFEST_FILE} was not changed since ${manifest.madeWith} wrote it`,
  );
}

/** Every file that the manifest lists is there with its size and digest, and no other. */
export async function checkFiles(folder: string, { files }: ReleaseManifest): Promise<Finding> {
  const differences: string[] = [];
  const listed = new Set([MANIFEST_FILE]);
  for (const { path, sha256, bytes } of files) {
    listed.add(path);
    const found = await digestOf(join(folder, path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
      return null;
    });
    if (found === null) differences.push(`${path} is missing`);
    else if (found.bytes !== bytes) differences.push(`${path} has ${found.bytes} bytes, not ${bytes}`);
    else if (found.sha256 !== sha256)
      differences.push(`${path} has the digest ${found.sha256}, not ${sha256}`);
  }
  for (const path of await filesIn(folder))
    if (!listed.has(path)) differences.push(`${path} is not in the manifest`);
  return unless(differences, `${files.length} files have the digests that the manifest has of them`);
}

/** Paths of the files beneath a folder, but for what git and the hub's client keep in names with a dot. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.startsWith('.'))
    .sort();
}
