import type { ArtifactReference, DataSource } from '../../workflows/contracts/data.ts';
import { AlpacaError } from '../errors.ts';
import type { digestOf, TreeFile, WrittenDigests } from './digest.ts';

/**
 * A content-addressed store: a folder (`stores/local-store.ts`) or a bucket (`stores/s3-store.ts`).
 *
 *   artifacts/KIND/SHA256/NAME          a file, or a folder (a model, a release)
 *   artifacts/KIND/SHA256/manifest.json what it was made from; not part of the digest
 *   entries/...                         small named records: the response ledger, checkpoint pointers
 *
 * Artifacts and records are there whole or not at all. What each promises is in docs/store.md.
 */
export interface ArtifactStore {
  /** where it is: a folder, or `s3://BUCKET/PREFIX` */
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
  /** A fresh folder on this machine to build something in before `take`. */
  workspace(name: string): Promise<string>;
  /**
   * The path on this machine of an artifact whose digest this process has taken. It stays until the attempt that asked
   * ends (`stores/opened.ts`), or without one the process.
   *
   * @param make where it is not on this machine yet: makes it at a path of what is, in place of fetching it; false where
   *   it cannot
   * @throws AlpacaError NotFound, CorruptArtifact, StoreAway
   */
  open(reference: ArtifactReference, make?: (path: string) => Promise<boolean>): Promise<string>;
  /** Where a person finds it after this process too: a path whose digest was taken, or a url in the bucket. */
  locationOf(reference: ArtifactReference): Promise<string>;
  readManifest(reference: Pick<ArtifactReference, 'uri'>): Promise<ArtifactManifest>;
  /** All of them, or those of one kind, in no order. */
  listManifests(kind?: string): Promise<ArtifactManifest[]>;
  /**
   * The bytes of an artifact's file as they are there, whose digest nobody takes.
   *
   * @param path in an artifact that is a folder
   */
  readPart(reference: Pick<ArtifactReference, 'uri'>, path?: string): Promise<Buffer>;
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
  /** Names of the records beneath a path, sorted; of all for the empty path. */
  listEntries(path: string): Promise<string[]>;
  /**
   * Deletes an artifact: at once for whoever looks, then its bytes. False where there was none. Whoever asks
   * answers for it that nothing refers to the artifact any more.
   */
  remove(reference: Pick<ArtifactReference, 'uri'>): Promise<boolean>;
  /** Deletes a named record, or all records beneath a path. */
  removeEntries(path: string): Promise<void>;
  /**
   * What writers that were killed left behind: bytes of what never became an artifact.
   *
   * @param before milliseconds since 1970: what is younger may be on its way
   * @param isAsked whether it is deleted too
   */
  sweep(before: number, isAsked: boolean): Promise<Remains>;
  /**
   * Whether this is the store of a run.
   *
   * @param uri of an artifact that is known to have been made for it
   * @throws AlpacaError StoreAway where it is not there
   */
  mustHold(uri: string): Promise<void>;
  /**
   * Looks, before any work, whether the store is such that it can keep its promises.
   *
   * @throws AlpacaError, naming what it lacks
   */
  check(): Promise<void>;
}

export interface Remains {
  names: string[];
  bytes: number;
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
  /** when it was made, where that was before: ISO 8601 */
  createdAt?: string;
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

/** The name of the file in which a store has what it notes of an artifact. */
export const ARTIFACT_MANIFEST = 'manifest.json';

/** What a store notes of an artifact that it takes in. */
export function manifestOf(
  { kind, name }: { kind: string; name: string },
  { sha256, bytes, files }: Awaited<ReturnType<typeof digestOf>>,
  about: Provenance,
): ArtifactManifest {
  const uri = `artifact://${kind}/${sha256}/${name}`;
  return {
    reference: { uri, sha256, bytes, rows: about.rows ?? files?.length ?? 0 },
    createdAt: new Date().toISOString(),
    ...about,
    ...(files ? { files } : {}),
  };
}
