import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AlpacaError, storageError } from '../../errors.ts';
import { type ArtifactManifest, type ArtifactStore, isStored } from '../store.ts';
import { parseUri } from '../uri.ts';
import { keepingOpened } from './opened.ts';

/** What processes say of themselves while they wait for a teacher: of no use in another store. */
const OF_PROCESSES = 'on-the-way/';

export interface StoreCopy {
  artifacts: number;
  bytes: number;
  records: number;
  /** what the other store had already */
  present: number;
  /** names of records that differ in the two */
  differing: string[];
}

export interface CopyOptions {
  /** records that differ become as they are where they come from; else they stay */
  replace?: boolean;
  signal: AbortSignal;
  /** told before each artifact, how many of how many are there */
  report?: (done: number, total: number) => void;
}

/**
 * Copies what a store holds into another: artifacts first, so that no record there names what is not there yet. Digests
 * are taken where it is read and where it is written. Done again it copies what is missing.
 *
 * @throws AlpacaError CorruptArtifact naming what has another digest
 */
export async function copyStore(
  from: ArtifactStore,
  to: ArtifactStore,
  { replace = false, signal, report = () => {} }: CopyOptions,
): Promise<StoreCopy> {
  const copied: StoreCopy = { artifacts: 0, bytes: 0, records: 0, present: 0, differing: [] };
  const manifests = await from.listManifests();
  for (const [done, manifest] of manifests.entries()) {
    signal.throwIfAborted();
    report(done, manifests.length);
    if (await isStored(to, manifest.reference)) {
      copied.present += 1;
      continue;
    }
    await keepingOpened(() => copyArtifact(from, to, manifest));
    copied.artifacts += 1;
    copied.bytes += manifest.reference.bytes;
  }
  report(manifests.length, manifests.length);
  for (const path of await from.listEntries('')) {
    signal.throwIfAborted();
    if (path.startsWith(OF_PROCESSES)) continue;
    const content = await from.readEntry(path);
    // Deleted since it was listed.
    if (content === null) continue;
    if (await to.writeEntryOnce(path, content)) copied.records += 1;
    else if ((await to.readEntry(path))?.equals(content)) copied.present += 1;
    else {
      copied.differing.push(path);
      if (replace) await to.writeEntry(path, content);
    }
  }
  return copied;
}

async function copyArtifact(
  from: ArtifactStore,
  to: ArtifactStore,
  { reference, files: _, ...about }: ArtifactManifest,
): Promise<void> {
  const { kind, name } = parseUri(reference.uri);
  const source = await from.open(reference);
  const workspace = await to.workspace('copy');
  const path = join(workspace, name);
  try {
    await cp(source, path, { recursive: true }).catch((error) => {
      throw storageError(error, path);
    });
    const { sha256 } = await to.take(kind, path, about);
    if (sha256 !== reference.sha256)
      throw new AlpacaError(
        'CorruptArtifact',
        `${reference.uri} has the digest ${sha256} once it is copied.`,
        {
          remedy: 'It was changed on its way: copy again.',
        },
      );
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}
