import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ArtifactManifest } from '../../../activities/artifacts/store.ts';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import { importSource, openStore, storeFolder } from '../place.ts';
import type { Terminal } from '../terminal.ts';

/** `alpaca import FILE`: brings a file or folder into the store, for an input to name by its uri. */
export async function importFile(path: string, kind: string, terminal: Terminal): Promise<void> {
  const reference = (await importSource(resolve(path), kind, storeFolder())) as ArtifactReference;
  terminal.result(reference, reference.uri);
}

/** `alpaca artifacts`: what the store holds, newest last. */
export async function listArtifacts(kind: string | undefined, terminal: Terminal): Promise<void> {
  const found = await manifests(openStore().root, kind);
  const lines = found.map(
    ({ createdAt, madeBy, reference: { bytes, rows, uri } }) =>
      `${createdAt}  ${madeBy.padEnd(9)} ${String(bytes).padStart(12)} bytes ${String(rows || '-').padStart(8)} rows  ${uri}`,
  );
  terminal.result(found, lines.length > 0 ? lines.join('\n') : 'The store is empty.');
}

async function manifests(root: string, kind: string | undefined): Promise<ArtifactManifest[]> {
  const home = join(root, 'artifacts');
  const found: ArtifactManifest[] = [];
  for (const name of kind === undefined ? await namesIn(home) : [kind]) {
    for (const digest of await namesIn(join(home, name))) {
      const text = await readFile(join(home, name, digest, 'manifest.json'), 'utf8').catch(() => null);
      if (text !== null) found.push(JSON.parse(text) as ArtifactManifest);
    }
  }
  return found.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
