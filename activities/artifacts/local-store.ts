import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ArtifactReference, DataSource } from '../../workflows/contracts/data.ts';
import { AlpacaError, storageError } from '../errors.ts';
import {
  makeFolder,
  makePrivateFolder,
  moveInto,
  removeWhole,
  syncFolder,
  syncTree,
  temporaryName,
  writeAtomically,
  writeOnce,
} from './atomic.ts';
import { digestOf, type WrittenDigests } from './digest.ts';
import { givenFiles, streamGiven } from './given.ts';
import { Presence } from './presence.ts';
import { countRows } from './rows.ts';
import type { ArtifactManifest, ArtifactStore, LocatedSource, Provenance } from './store.ts';
import { parseUri } from './uri.ts';

export interface LocalStoreOptions {
  root: string;
  /** bare paths are read only from beneath these */
  importFolders?: readonly string[];
}

/** The store in a folder of this machine, which the first write makes. */
export function createLocalStore({ root, importFolders = [] }: LocalStoreOptions): ArtifactStore {
  return new LocalStore(
    resolve(root),
    importFolders.map((folder) => resolve(folder)),
  );
}

class LocalStore implements ArtifactStore {
  readonly root: string;
  readonly #importFolders: readonly string[];
  readonly #verified = new Set<string>();
  readonly #presence: Presence;

  constructor(root: string, importFolders: readonly string[]) {
    this.root = root;
    this.#presence = new Presence(root);
    this.#importFolders = importFolders;
  }

  async putFile(
    kind: string,
    name: string,
    content: string | Uint8Array,
    about: Provenance,
  ): Promise<ArtifactReference> {
    const workspace = await this.workspace(name);
    const path = join(workspace, name);
    try {
      await writeFile(path, content).catch((error) => {
        throw storageError(error, path);
      });
      return await this.take(kind, path, about);
    } finally {
      await rm(workspace, { recursive: true, force: true });
    }
  }

  async take(
    kind: string,
    path: string,
    about: Provenance,
    name = basename(path),
    written: WrittenDigests = {},
  ): Promise<ArtifactReference> {
    const { sha256, bytes, files } = await digestOf(path, written);
    const home = join(this.root, 'artifacts', kind, sha256);
    const reference: ArtifactReference = {
      uri: `artifact://${kind}/${sha256}/${name}`,
      sha256,
      bytes,
      rows: about.rows ?? files?.length ?? 0,
    };
    const manifest: ArtifactManifest = {
      reference,
      createdAt: new Date().toISOString(),
      ...about,
      ...(files ? { files } : {}),
    };
    const temporary = temporaryName(home);
    try {
      await makeFolder(temporary, undefined, await this.#mayMakeFolder());
      await moveInto(path, join(temporary, name));
      await writeFile(join(temporary, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
      await syncTree(temporary);
      await rename(temporary, home);
      await syncFolder(dirname(home));
      this.#verified.add(home);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      const code = (error as NodeJS.ErrnoException).code;
      // The same content was stored before: what is there is what we would have written.
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw storageError(error, `artifact ${kind}/${name}`);
      const [existing] = (await readdir(home)).filter((entry) => entry !== 'manifest.json');
      if (existing && existing !== name) reference.uri = `artifact://${kind}/${sha256}/${existing}`;
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

  readManifest(reference: ArtifactReference): Promise<ArtifactManifest> {
    return this.#manifestOf(reference.uri);
  }

  async locate(source: DataSource, builtin?: string): Promise<LocatedSource> {
    if (typeof source !== 'string') {
      return { path: await this.open(source), name: source.uri, reference: source };
    }
    if (source.startsWith('artifact://')) {
      const reference = await this.#byUri(source);
      return { path: await this.open(reference), name: source, reference };
    }
    if (source === 'builtin' && builtin !== undefined)
      return { path: builtin, name: builtin, reference: null };
    const path = resolve(source);
    const allowed = this.#importFolders.some((folder) => path === folder || path.startsWith(folder + sep));
    if (!allowed) {
      const folders = this.#importFolders.join(', ') || 'none';
      throw new AlpacaError(
        'RefusedPath',
        `${source} is outside the store and the import folders (${folders}).`,
        {
          remedy:
            'Import it with `npx alpaca import FILE` and name the artifact:// uri, or list its folder in ALPACA_IMPORT_FOLDERS of the worker.',
        },
      );
    }
    await givenFiles(path, this.#importFolders, source);
    return { path, name: source, reference: null };
  }

  async resolve(
    source: DataSource,
    kind: string,
    builtin?: string,
    signal?: AbortSignal,
  ): Promise<ArtifactReference> {
    const { path, name, reference } = await this.locate(source, builtin);
    if (reference) return reference;
    const roots = path === builtin ? [path] : this.#importFolders;
    return this.#importCopy({ path, roots, name }, kind, signal);
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
    const folder = this.#entryPath(path);
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

  async #manifestOf(uri: string): Promise<ArtifactManifest> {
    await this.#presence.mustNotBeAway();
    const { kind, sha256 } = parseUri(uri);
    const path = join(this.root, 'artifacts', kind, sha256, 'manifest.json');
    const text = await readFile(path, 'utf8').catch((error) => {
      throw this.#readError(error, path, uri);
    });
    return JSON.parse(text) as ArtifactManifest;
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

  async #byUri(uri: string): Promise<ArtifactReference> {
    const { reference } = await this.#manifestOf(uri);
    const { name } = parseUri(uri);
    if (basename(reference.uri) !== name)
      throw new AlpacaError('NotFound', `The store has no ${uri}; it has ${reference.uri}.`);
    await this.open(reference);
    return reference;
  }

  async #importCopy(
    { path, roots, name }: { path: string; roots: readonly string[]; name: string },
    kind: string,
    signal?: AbortSignal,
  ): Promise<ArtifactReference> {
    const workspace = await this.workspace('import');
    const copy = join(workspace, basename(path));
    try {
      for (const file of await givenFiles(path, roots, name)) {
        const to = join(copy, file.path);
        await mkdir(dirname(to), { recursive: true });
        const bytes = streamGiven(file.real, { name, within: roots, ...(signal && { signal }) });
        await pipeline(bytes, createWriteStream(to));
      }
      return await this.take(kind, copy, {
        madeBy: 'import',
        madeFrom: { source: name },
        ...(await countRows(copy, signal)),
      });
    } catch (error) {
      throw signal?.aborted ? error : storageError(error, name);
    } finally {
      await rm(workspace, { recursive: true, force: true });
    }
  }
}
