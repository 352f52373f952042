import type { ArtifactReference, DataSource } from '../../workflows/contracts/data.ts';
import { AlpacaError } from '../errors.ts';
import type { TreeFile, WrittenDigests } from './digest.ts';

/**
 * A content-addressed store in a local folder.
 *
 *   artifacts/KIND/SHA256/NAME          a file, or a folder (a model, a release)
 *   artifacts/KIND/SHA256/manifest.json what it was made from; not part of the digest
 *   entries/...                         small named records: the response ledger, checkpoint pointers
 *
 * Writes are atomic; every read through `open` verifies the digest once per process.
 */
export interface ArtifactStore {
  readonly root: string;
  /** Stores one file. `rows` is how many rows it holds. */
  putFile(
    kind: string,
    name: string,
    content: string | Uint8Array,
    about: Provenance,
  ): Promise<ArtifactReference>;
  /**
   * Moves a local file or folder into the store; its digest becomes its address. All of it is synced on the
   * way, so what makes it need not; nor is a folder's file read whose digest is in `written`.
   */
  take(
    kind: string,
    path: string,
    about: Provenance,
    name?: string,
    written?: WrittenDigests,
  ): Promise<ArtifactReference>;
  /** A fresh path inside the store's file system to build something in before `take`. */
  workspace(name: string): Promise<string>;
  /** The verified local path of an artifact. */
  open(reference: ArtifactReference): Promise<string>;
  readManifest(reference: ArtifactReference): Promise<ArtifactManifest>;
  /** Where a source can be read, after the checks of `resolve` but without importing anything. */
  locate(source: DataSource, builtin?: string): Promise<LocatedSource>;
  /** Finds the reference behind a uri, or imports a bare path from beneath an import folder, until the signal. */
  resolve(
    source: DataSource,
    kind: string,
    builtin?: string,
    signal?: AbortSignal,
  ): Promise<ArtifactReference>;
  /** Reads a named record; null where there is none. */
  readEntry(path: string): Promise<Buffer | null>;
  /** Writes a named record only if it does not exist; false where it does. */
  writeEntryOnce(path: string, content: string | Uint8Array): Promise<boolean>;
  /** Replaces a named record. */
  writeEntry(path: string, content: string | Uint8Array): Promise<void>;
  /** Names of the records beneath a path, sorted. */
  listEntries(path: string): Promise<string[]>;
  /**
   * Deletes an artifact: at once for whoever looks, then its bytes. False where there was none. Whoever asks
   * answers for it that nothing refers to the artifact any more.
   */
  remove(reference: Pick<ArtifactReference, 'uri'>): Promise<boolean>;
  /** Deletes a named record, or all records beneath a path. */
  removeEntries(path: string): Promise<void>;
}

export interface LocatedSource {
  path: string;
  /** what the user called it: for messages */
  name: string;
  /** null where it lies outside the store */
  reference: ArtifactReference | null;
}

export interface Provenance {
  rows?: number;
  /** what made it: a step's name */
  madeBy: string;
  /** the digests (or ledger, or file names) it was made from */
  madeFrom?: Record<string, string>;
  /** settings that its content depends on */
  settings?: Record<string, unknown>;
}

export interface ArtifactManifest extends Provenance {
  reference: ArtifactReference;
  createdAt: string;
  files?: TreeFile[];
}

/** What the user calls a source: for messages. */
export function nameOf(source: DataSource): string {
  return typeof source === 'string' ? source : source.uri;
}

/**
 * Whether the store has an artifact.
 *
 * @throws what reading its manifest throws, but for NotFound
 */
export async function isStored(
  store: Pick<ArtifactStore, 'readManifest'>,
  reference: ArtifactReference,
): Promise<boolean> {
  try {
    await store.readManifest(reference);
    return true;
  } catch (error) {
    if (error instanceof AlpacaError && error.code === 'NotFound') return false;
    throw error;
  }
}
