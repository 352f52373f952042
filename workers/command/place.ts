import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { openStoreAt } from '../../activities/artifacts/stores/open-store.ts';
import { isBucketUrl } from '../../activities/artifacts/stores/s3-bucket.ts';
import { AlpacaError, storageError } from '../../activities/errors.ts';
import { isOfHub } from '../../workflows/contracts/data/hub.ts';
import type { DataSource } from '../../workflows/contracts/data.ts';
import { readConfiguration } from '../configuration.ts';
import { rowsAtHub } from './model/at-hub.ts';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

/** The folder of the environment's state, its logs and, by default, the store: `.alpaca` of the package. */
export function stateFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.ALPACA_STATE ? resolve(env.ALPACA_STATE) : join(PACKAGE, '.alpaca');
}

/** The store of the environment: a folder, or `s3://BUCKET/PREFIX`. */
export function storePlace(env: NodeJS.ProcessEnv = process.env): string {
  return env.ALPACA_STORE ? readConfiguration(env).store : join(stateFolder(env), 'store');
}

/** @param importFolders bare paths are read only from beneath these */
export function openStore(root: string = storePlace(), importFolders: readonly string[] = []): ArtifactStore {
  const { cache } = readConfiguration();
  return openStoreAt({ root, cache, importFolders });
}

/** True for what names a path of this machine or something of the hub, and not what a worker knows by itself. */
export function isPath(source: DataSource): source is string {
  return typeof source === 'string' && !/^builtin(:|$)/.test(source) && !source.startsWith('artifact://');
}

/**
 * Brings a path that the user named into the store: workers read none outside their import folders.
 *
 * @throws AlpacaError NotFound
 */
export async function importSource(source: DataSource, kind: string, root: string): Promise<DataSource> {
  if (!isPath(source)) return source;
  const path = await existing(source);
  return openStore(root, [path]).resolve(path, kind);
}

/** The path to write in place of `~/x` or `file:///x`, which a shell or a browser makes one of; null where it is one. */
export function pathInPlaceOf(named: string): string | null {
  if (named === '~' || named.startsWith('~/')) return join(homedir(), named.slice(1));
  if (!named.startsWith('file:')) return null;
  try {
    return fileURLToPath(named);
  } catch {
    return 'a path';
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/**
 * True for a file or folder that is there. What is named otherwise is the id of a run.
 *
 * @throws AlpacaError NotFound for what can only be a path
 */
export async function isThere(named: string): Promise<boolean> {
  if (isOfHub(named) || (await exists(named))) return true;
  if (!/[/\\]|\.jsonl?$/i.test(named)) return false;
  throw notThere(named);
}

function notThere(path: string): AlpacaError {
  return new AlpacaError('NotFound', `There is no file or folder ${path}.`, { remedy: 'Check the path.' });
}

/** A store that is named as an option: a bucket as it is, a folder as `existing` takes it. */
export async function existingStore(named: string): Promise<string> {
  return isBucketUrl(named) ? named : existing(named);
}

/**
 * A path, made absolute; of `hf:…` that of the rows, once they are fetched.
 *
 * @throws AlpacaError NotFound where nothing is there; InvalidInput for `~/x` and `file:///x`, with what to write; as
 *   `rowsAtHub`
 */
export async function existing(path: string): Promise<string> {
  if (isOfHub(path)) return (await rowsAtHub(path)).path;
  const meant = pathInPlaceOf(path);
  if (meant !== null)
    throw new AlpacaError('InvalidInput', `${path} is no path as it is read here.`, {
      remedy: `Write ${meant} in its place.`,
    });
  await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw storageError(error, path);
    throw notThere(path);
  });
  return resolve(path);
}
