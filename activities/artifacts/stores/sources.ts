import { createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isOfHub } from '../../../workflows/contracts/data/hub.ts';
import type { ArtifactReference, DataSource } from '../../../workflows/contracts/data.ts';
import { AlpacaError, storageError } from '../../errors.ts';
import { givenFiles, streamGiven } from '../given.ts';
import { countRows } from '../rows.ts';
import type { ArtifactManifest, ArtifactStore, LocatedSource, Provenance } from '../store.ts';
import { parseUri } from '../uri.ts';

/** What every store does alike: it finds what a source names, and takes in content and files. */
export abstract class SourceReader {
  readonly #importFolders: readonly string[];

  /** @param importFolders bare paths are read only from beneath these */
  constructor(importFolders: readonly string[]) {
    this.#importFolders = importFolders.map((folder) => resolve(folder));
  }

  abstract take(...what: Parameters<ArtifactStore['take']>): Promise<ArtifactReference>;
  abstract workspace(name: string): Promise<string>;
  abstract open(reference: ArtifactReference): Promise<string>;
  abstract readManifest(reference: Pick<ArtifactReference, 'uri'>): Promise<ArtifactManifest>;

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
    if (isOfHub(source))
      throw new AlpacaError('RefusedPath', `${source} is of the hub, from which this step fetches nothing.`, {
        remedy: 'Name it as generate.from or tokenize.model of an `alpaca` run, or import it first.',
      });
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

  async #byUri(uri: string): Promise<ArtifactReference> {
    const { reference } = await this.readManifest({ uri });
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
