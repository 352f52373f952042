import { createHash, randomBytes } from 'node:crypto';
import { basename, join, posix } from 'node:path';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import { AlpacaError } from '../../errors.ts';
import { mapAtOnce } from '../../process/at-once.ts';
import { measure } from '../../telemetry.ts';
import { digestOf, type TreeFile, type WrittenDigests } from '../digest.ts';
import {
  ARTIFACT_MANIFEST,
  type ArtifactManifest,
  type ArtifactStore,
  manifestOf,
  type Provenance,
  type Remains,
} from '../store.ts';
import { parseUri } from '../uri.ts';
import { ArtifactCache, type CacheSettings } from './cache.ts';
import { S3Bucket } from './s3-bucket.ts';
import { checkBucket } from './s3-check.ts';
import { sweepBucket } from './s3-sweep.ts';
import { download, upload } from './s3-transfer.ts';
import { SourceReader } from './sources.ts';

/** Objects of one artifact, or of a list, that are on their way at once. */
const AT_ONCE = { atOnce: 8, signal: new AbortController().signal };

/** Each attempt of a run asks whether the store has the run's last artifact: an answer holds for so long. */
const HELD_FOR_MS = 60_000;

/** As it lies in the bucket. */
interface StoredManifest extends ArtifactManifest {
  /** what its objects lie beneath: what is stored anew after a deletion has others */
  upload: string;
}

export interface S3StoreOptions {
  /** `s3://BUCKET/PREFIX` */
  url: string;
  cache: CacheSettings;
  /** bare paths are read only from beneath these */
  importFolders?: readonly string[];
}

/**
 * The store in a bucket, and in a cache on this machine's disk.
 *
 * @throws AlpacaError Configuration for what names no bucket
 */
export function createS3Store({ url, cache, importFolders = [] }: S3StoreOptions): ArtifactStore {
  const bucket = new S3Bucket(url);
  // What another store has is not in this one.
  const folder = join(cache.folder, createHash('sha256').update(bucket.id).digest('hex').slice(0, 16));
  return new S3Store(bucket, new ArtifactCache({ ...cache, folder }), importFolders);
}

class S3Store extends SourceReader implements ArtifactStore {
  readonly root: string;
  readonly #bucket: S3Bucket;
  readonly #cache: ArtifactCache;
  /** when an artifact was seen to be there, by its uri */
  readonly #held = new Map<string, number>();

  constructor(bucket: S3Bucket, cache: ArtifactCache, importFolders: readonly string[]) {
    super(importFolders);
    this.root = bucket.url;
    this.#bucket = bucket;
    this.#cache = cache;
  }

  async take(
    kind: string,
    path: string,
    about: Provenance,
    name = basename(path),
    written: WrittenDigests = {},
  ): Promise<ArtifactReference> {
    const made = manifestOf({ kind, name }, await digestOf(path, written), about);
    const { uri, sha256, bytes, rows } = made.reference;
    const known = await this.#stored({ kind, sha256 });
    const upload = randomBytes(8).toString('hex');
    const isFirst = known === null && (await this.#put({ ...made, upload }, path));
    if (isFirst) measure('alpaca_store_written_bytes', bytes, { kind });
    // Else the same content was stored before: what is there is what we would have written.
    const { reference } = isFirst ? made : (known ?? (await this.#manifest(uri)));
    await this.#cache.keep(parseUri(reference.uri), path, bytes);
    return { ...reference, rows };
  }

  workspace(name: string): Promise<string> {
    return this.#cache.workspace(name);
  }

  async open(reference: ArtifactReference, make?: (path: string) => Promise<boolean>): Promise<string> {
    const artifact = parseUri(reference.uri);
    if (reference.sha256 !== artifact.sha256)
      throw new AlpacaError(
        'CorruptArtifact',
        `${reference.uri} is said to have the digest ${reference.sha256}.`,
      );
    return this.#cache.open(artifact, async (path) => {
      if (await make?.(path)) return reference;
      const manifest = await this.#manifest(reference.uri);
      await mapAtOnce(objectsOf(manifest), AT_ONCE, ({ key, part, bytes }) =>
        download(this.#bucket, key, join(path, part), bytes),
      );
      measure('alpaca_store_fetched_bytes', manifest.reference.bytes);
      return manifest.reference;
    });
  }

  async locationOf({ uri }: ArtifactReference): Promise<string> {
    const { upload } = await this.#manifest(uri);
    const { kind, sha256, name } = parseUri(uri);
    return `${this.root}/artifacts/${kind}/${sha256}/${upload}/${name}`;
  }

  async readManifest({ uri }: Pick<ArtifactReference, 'uri'>): Promise<ArtifactManifest> {
    return withoutUpload(await this.#manifest(uri));
  }

  async listManifests(kind?: string): Promise<ArtifactManifest[]> {
    const beginning = kind === undefined ? 'artifacts/' : `artifacts/${kind}/`;
    const keys = (await this.#bucket.list(beginning)).map(({ key }) => key).filter(isManifest);
    const texts = await mapAtOnce(keys, AT_ONCE, (key) => this.#bucket.get(key));
    // Null: deleted since it was listed.
    return texts.flatMap((text) => (text === null ? [] : withoutUpload(parseManifest(text))));
  }

  async readPart({ uri }: Pick<ArtifactReference, 'uri'>, path = ''): Promise<Buffer> {
    const found = objectsOf(await this.#manifest(uri)).find(({ part }) => part === path);
    const content = found ? await this.#bucket.get(found.key) : null;
    if (content === null) throw this.#lacks(`${uri}${path === '' ? '' : `/${path}`}`);
    return content;
  }

  async readEntry(path: string): Promise<Buffer | null> {
    return this.#bucket.get(this.#entryKey(path));
  }

  writeEntryOnce(path: string, content: string | Uint8Array): Promise<boolean> {
    return this.#bucket.putOnce(this.#entryKey(path), content);
  }

  writeEntry(path: string, content: string | Uint8Array): Promise<void> {
    return this.#bucket.put(this.#entryKey(path), content);
  }

  async listEntries(path: string): Promise<string[]> {
    const folder = path === '' ? 'entries/' : `${this.#entryKey(path)}/`;
    const objects = await this.#bucket.list(folder);
    return objects.map(({ key }) => key.slice(folder.length)).sort();
  }

  async remove({ uri }: Pick<ArtifactReference, 'uri'>): Promise<boolean> {
    const artifact = parseUri(uri);
    await this.#cache.drop(artifact);
    this.#held.delete(uri);
    const manifest = await this.#stored(artifact);
    if (manifest === null) return false;
    await this.#bucket.remove([manifestKey(artifact)]);
    await this.#bucket.remove(objectsOf(manifest).map(({ key }) => key));
    return true;
  }

  async removeEntries(path: string): Promise<void> {
    const key = this.#entryKey(path);
    const beneath = await this.#bucket.list(`${key}/`);
    await this.#bucket.remove([key, ...beneath.map((object) => object.key)]);
  }

  sweep(before: number, isAsked: boolean): Promise<Remains> {
    return sweepBucket(this.#bucket, before, isAsked);
  }

  async mustHold(uri: string): Promise<void> {
    const now = performance.now();
    for (const [known, at] of this.#held) if (now - at > HELD_FOR_MS) this.#held.delete(known);
    if (this.#held.has(uri)) return;
    if ((await this.#stored(parseUri(uri))) !== null) return void this.#held.set(uri, now);
    throw new AlpacaError('StoreAway', `The store ${this.root} is another one: it lacks ${uri}.`, {
      remedy: 'Name the store of the run (ALPACA_STORE) to this worker.',
    });
  }

  check(): Promise<void> {
    return checkBucket(this.#bucket);
  }

  /** The objects, then the manifest that makes them an artifact; false where another was faster. */
  async #put(manifest: StoredManifest, path: string): Promise<boolean> {
    const objects = objectsOf(manifest);
    const takeBack = () => this.#bucket.remove(objects.map(({ key }) => key)).catch(() => {});
    try {
      await mapAtOnce(objects, AT_ONCE, ({ key, part, bytes }) =>
        upload(this.#bucket, key, join(path, part), bytes),
      );
    } catch (error) {
      await takeBack();
      throw error;
    }
    // Where this throws the manifest may stand all the same: its objects stay.
    const isFirst = await this.#bucket.putOnce(
      manifestKey(parseUri(manifest.reference.uri)),
      `${JSON.stringify(manifest, null, 2)}\n`,
    );
    if (!isFirst) await takeBack();
    return isFirst;
  }

  /** @throws AlpacaError NotFound */
  async #manifest(uri: string): Promise<StoredManifest> {
    const found = await this.#stored(parseUri(uri));
    if (found === null) throw this.#lacks(uri);
    return found;
  }

  async #stored(artifact: { kind: string; sha256: string }): Promise<StoredManifest | null> {
    const text = await this.#bucket.get(manifestKey(artifact));
    return text && parseManifest(text);
  }

  #lacks(uri: string): AlpacaError {
    return new AlpacaError('NotFound', `The store ${this.root} has no ${uri}.`, {
      remedy:
        'List what it holds with `npx alpaca artifacts`, and check that this worker uses the same store (ALPACA_STORE) as the one that wrote it.',
    });
  }

  #entryKey(path: string): string {
    const key = posix.join('entries', path);
    if (key.startsWith('entries/')) return key.replace(/\/$/, '');
    throw new AlpacaError('RefusedPath', `The record name ${path} leads out of the store.`);
  }
}

/** An object of an artifact. */
interface PartObject {
  key: string;
  /** its path in a folder; empty for a file */
  part: string;
  bytes: number;
}

function objectsOf({ reference, files, upload }: StoredManifest): PartObject[] {
  const { kind, sha256, name } = parseUri(reference.uri);
  const home = `artifacts/${kind}/${sha256}/${upload}/${name}`;
  const ofFile = ({ path, bytes }: Pick<TreeFile, 'path' | 'bytes'>) => ({
    key: `${home}/${path}`,
    part: path,
    bytes,
  });
  return files ? files.map(ofFile) : [{ key: home, part: '', bytes: reference.bytes }];
}

function manifestKey({ kind, sha256 }: { kind: string; sha256: string }): string {
  return `artifacts/${kind}/${sha256}/${ARTIFACT_MANIFEST}`;
}

/** A release has a file of that name too, but further below. */
function isManifest(key: string): boolean {
  return key.endsWith(`/${ARTIFACT_MANIFEST}`) && key.split('/').length === 4;
}

function parseManifest(text: Buffer): StoredManifest {
  return JSON.parse(text.toString('utf8')) as StoredManifest;
}

function withoutUpload({ upload: _, ...manifest }: StoredManifest): ArtifactManifest {
  return manifest;
}
