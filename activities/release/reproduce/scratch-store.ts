import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { createLocalStore } from '../../artifacts/stores/local-store.ts';
import { AlpacaError } from '../../errors.ts';

/**
 * Lends `work` a store that reads what another one holds and writes to a temporary folder, so that a run's
 * steps can be done again without leaving anything in the store that is looked at.
 */
export async function withScratchStore<Result>(
  base: ArtifactStore,
  work: (store: ArtifactStore) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-reproduce-'));
  try {
    return await work(scratchOver(base, createLocalStore({ root: folder })));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function scratchOver(base: ArtifactStore, own: ArtifactStore): ArtifactStore {
  const readEither = <Found>(read: (store: ArtifactStore) => Promise<Found>): Promise<Found> =>
    read(own).catch((error: unknown) => {
      if (isAbsent(error)) return read(base);
      throw error;
    });
  return {
    root: own.root,
    putFile: (kind, name, content, about) => own.putFile(kind, name, content, about),
    take: (...what) => own.take(...what),
    workspace: (name) => own.workspace(name),
    open: (reference) => readEither((store) => store.open(reference)),
    locationOf: (reference) => readEither((store) => store.locationOf(reference)),
    readManifest: (reference) => readEither((store) => store.readManifest(reference)),
    listManifests: async (kind) => [...(await base.listManifests(kind)), ...(await own.listManifests(kind))],
    readPart: (reference, path) => readEither((store) => store.readPart(reference, path)),
    locate: (source, builtin) => readEither((store) => store.locate(source, builtin)),
    resolve: (...what) => readEither((store) => store.resolve(...what)),
    readEntry: async (path) => (await own.readEntry(path)) ?? base.readEntry(path),
    writeEntryOnce: (path, content) => own.writeEntryOnce(path, content),
    writeEntry: (path, content) => own.writeEntry(path, content),
    listEntries: async (path) =>
      [...new Set([...(await base.listEntries(path)), ...(await own.listEntries(path))])].sort(),
    remove: (reference) => own.remove(reference),
    removeEntries: (path) => own.removeEntries(path),
    sweep: (before, isAsked) => own.sweep(before, isAsked),
    mustHold: (uri) => base.mustHold(uri),
    check: () => own.check(),
  };
}

function isAbsent(error: unknown): boolean {
  if (error instanceof AlpacaError) return error.code === 'NotFound';
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}
