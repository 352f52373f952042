import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import { AlpacaError, storageError } from '../../errors.ts';
import { measure } from '../../telemetry.ts';
import {
  makeFolder,
  makePrivateFolder,
  moveInto,
  namesIn,
  removeWhole,
  syncFolder,
  syncTree,
  temporaryName,
  writeAtomically,
  writeOnce,
} from '../atomic.ts';
import { digestOf, type WrittenDigests } from '../digest.ts';
import { Presence } from '../presence.ts';
import {
  ARTIFACT_MANIFEST,
  type ArtifactManifest,
  type ArtifactStore,
  manifestOf,
  type Provenance,
  type Remains,
} from '../store.ts';
import { parseUri } from '../uri.ts';
import { SourceReader } from './sources.ts';

export interface LocalStoreOptions {
  root: string;
  /** bare paths are read only from beneath these */
  importFolders?: readonly string[];
}

/** The store in a folder of this machine, which the first write makes. */
export function createLocalStore({ root, importFolders = [] }: LocalStoreOptions): ArtifactStore {
  return new LocalStore(resolve(root), importFolders);
}

class LocalStore extends SourceReader implements ArtifactStore {
  readonly root: string;
  readonly #verified = new Set<string>();
  readonly #presence: Presence;

  constructor(root: string, importFolders: readonly string[]) {
    super(importFolders);
    this.root = root;
    this.#presence = new Presence(root);
  }

  async take(
    kind: string,
    path: string,
    about: Provenance,
    name = basename(path),
    written: WrittenDigests = {},
  ): Promise<ArtifactReference> {
    const manifest = manifestOf({ kind, name }, await digestOf(path, written), about);
    const { reference } = manifest;
    const home = join(this.root, 'artifacts', kind, reference.sha256);
    const temporary = temporaryName(home);
    try {
      await makeFolder(temporary, undefined, await this.#mayMakeFolder());
      await moveInto(path, join(temporary, name));
      await writeFile(join(temporary, ARTIFACT_MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
      await syncTree(temporary);
      await rename(temporary, home);
      await syncFolder(dirname(home));
      this.#verified.add(home);
      measure('alpaca_store_written_bytes', reference.bytes, { kind });
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      const code = (error as NodeJS.ErrnoException).code;
      // The same content was stored before: what is there is what we would have written.
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw storageError(error, `artifact ${kind}/${name}`);
      const [existing] = (await readdir(home)).filter((entry) => entry !== ARTIFACT_MANIFEST);
      if (existing && existing !== name) reference.uri = `artifact://${kind}/${reference.sha256}/${existing}`;
    }
    return reference;
  }

  async workspace(name: string): Promise<string> {
    const root = await this.#mayMakeFolder();
    const path = temporaryName(join(this.root, 'work', name));
    await makeFolder(path, undefined, root);
    return path;
  }

  async open(reference: ArtifactReference): Promise<string> {
    await this.#presence.mustNotBeAway();
    const { kind, sha256, name } = parseUri(reference.uri);
    const home = join(this.root, 'artifacts', kind, sha256);
    const path = join(home, name);
    if (this.#verified.has(home)) return path;
    const found = await digestOf(path).catch((error) => {
      throw this.#readError(error, path, reference.uri);
    });
    if (found.sha256 !== sha256 || reference.sha256 !== sha256) {
      throw new AlpacaError('CorruptArtifact', `${path} has the digest ${found.sha256}, not ${sha256}.`, {
        remedy: 'The file was changed or damaged: delete its folder and run the step that makes it again.',
      });
    }
    this.#verified.add(home);
    return path;
  }

  locationOf(reference: ArtifactReference): Promise<string> {
    return this.open(reference);
  }

  async readManifest({ uri }: Pick<ArtifactReference, 'uri'>): Promise<ArtifactManifest> {
    await this.#presence.mustNotBeAway();
    const { kind, sha256 } = parseUri(uri);
    const path = join(this.root, 'artifacts', kind, sha256, ARTIFACT_MANIFEST);
    const text = await readFile(path, 'utf8').catch((error) => {
      throw this.#readError(error, path, uri);
    });
    return JSON.parse(text) as ArtifactManifest;
  }

  async listManifests(only?: string): Promise<ArtifactManifest[]> {
    await this.#presence.mustNotBeAway();
    const home = join(this.root, 'artifacts');
    const found: ArtifactManifest[] = [];
    for (const kind of only === undefined ? await namesIn(home) : [only]) {
      for (const digest of await namesIn(join(home, kind))) {
        // What a killed process was writing, or deleting.
        if (digest.endsWith('.partial')) continue;
        const text = await readFile(join(home, kind, digest, ARTIFACT_MANIFEST), 'utf8').catch(() => null);
        if (text !== null) found.push(JSON.parse(text) as ArtifactManifest);
      }
    }
    return found;
  }

  async readPart({ uri }: Pick<ArtifactReference, 'uri'>, part = ''): Promise<Buffer> {
    await this.#presence.mustNotBeAway();
    const { kind, sha256, name } = parseUri(uri);
    const path = join(this.root, 'artifacts', kind, sha256, name, part);
    return readFile(path).catch((error) => {
      throw this.#readError(error, path, uri);
    });
  }

  async readEntry(path: string): Promise<Buffer | null> {
    try {
      return await readFile(this.#entryPath(path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw storageError(error, path);
      await this.#presence.mustNotBeAway();
      return null;
    }
  }

  writeEntryOnce(path: string, content: string | Uint8Array): Promise<boolean> {
    return this.#presence.whole(writeOnce(this.#entryPath(path), content, () => this.#mayMakeFolder()));
  }

  writeEntry(path: string, content: string | Uint8Array): Promise<void> {
    return this.#presence.whole(writeAtomically(this.#entryPath(path), content, () => this.#mayMakeFolder()));
  }

  async listEntries(path: string): Promise<string[]> {
    const folder = path === '' ? join(this.root, 'entries') : this.#entryPath(path);
    await this.#presence.mustNotBeAway();
    const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch((error) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw storageError(error, folder);
    });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.partial'))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .sort();
  }

  async remove({ uri }: Pick<ArtifactReference, 'uri'>): Promise<boolean> {
    const { kind, sha256 } = parseUri(uri);
    const home = join(this.root, 'artifacts', kind, sha256);
    this.#verified.delete(home);
    return removeWhole(home);
  }

  async removeEntries(path: string): Promise<void> {
    await removeWhole(this.#entryPath(path));
  }

  async sweep(before: number, isAsked: boolean): Promise<Remains> {
    await this.#presence.mustNotBeAway();
    const home = join(this.root, 'artifacts');
    const remains: Remains = { names: [], bytes: 0 };
    for (const kind of await namesIn(home)) {
      for (const name of (await namesIn(join(home, kind))).filter((each) => each.endsWith('.partial'))) {
        const path = join(home, kind, name);
        const { mtimeMs } = await stat(path);
        if (mtimeMs >= before) continue;
        remains.names.push(`artifacts/${kind}/${name}`);
        remains.bytes += (await digestOf(path)).bytes;
        if (isAsked) await removeWhole(path);
      }
    }
    return remains;
  }

  mustHold(uri: string): Promise<void> {
    return this.#presence.mustHold(uri);
  }

  /** A folder can do all of it, or says what is wrong where it is written to. */
  async check(): Promise<void> {}

  /**
   * Asked before anything new: the store is where it was, or begins here, for nobody else on this machine. Gives its
   * root, which nobody makes once more: it may go away behind this.
   */
  async #mayMakeFolder(): Promise<string> {
    await this.#presence.mustNotBeAway();
    if (!this.#presence.isMet) await makePrivateFolder(this.root);
    return resolve(this.root);
  }

  #entryPath(path: string): string {
    const full = resolve(this.root, 'entries', path);
    if (!full.startsWith(join(this.root, 'entries') + sep)) {
      throw new AlpacaError('RefusedPath', `The record name ${path} leads out of the store.`);
    }
    return full;
  }

  /** Only what is not there is `NotFound`, which is final. */
  #readError(error: unknown, path: string, uri: string): unknown {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return storageError(error, path);
    return new AlpacaError('NotFound', `The store ${this.root} has no ${uri}.`, {
      remedy:
        'List what it holds with `npx alpaca artifacts`, and check that this worker uses the same store (ALPACA_STORE) as the one that wrote it.',
    });
  }
}
