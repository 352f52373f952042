import { createHash, type Hash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import type { HubRepository } from '../../workflows/contracts/data/hub.ts';
import { makeFolder, namesIn, writeAtomically } from '../artifacts/atomic.ts';
import { AlpacaError, storageError } from '../errors.ts';
import { isAlive } from '../process/is-alive.ts';

/** A file of a repository as the hub lists it. */
export interface HubFile {
  path: string;
  size: number;
  /** of the content: SHA-256 for a large file, else Git's own digest */
  digest: { algorithm: 'sha256' | 'git'; value: string };
}

/**
 * The cache that Hugging Face's own libraries keep of a repository: blobs by their digests, and of each commit a folder of
 * links to them. What one of them has fetched is found here, and the other way round.
 */
export class HubCache {
  readonly #folder: string;

  /** @param env HF_HUB_CACHE, HF_HOME and XDG_CACHE_HOME say where it is */
  constructor({ type, name }: Pick<HubRepository, 'type' | 'name'>, env: NodeJS.ProcessEnv) {
    const home = env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
    const root = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(home, 'hub');
    this.#folder = join(root, `${type}s--${name.replaceAll('/', '--')}`);
  }

  /** A folder for what is made of a commit's files: the hub's libraries know nothing of it, and delete it with the rest. */
  made(commit: string): string {
    return join(this.#folder, 'alpaca', commit);
  }

  snapshot(commit: string): string {
    return join(this.#folder, 'snapshots', commit);
  }

  /** The commit that a branch or a tag was when it was last asked for; null where it never was. */
  async commitOf(revision: string): Promise<string | null> {
    if (/^[0-9a-f]{40}$/.test(revision)) return (await exists(this.snapshot(revision))) ? revision : null;
    const ref = await readFile(join(this.#folder, 'refs', revision), 'utf8').catch(() => null);
    return ref?.trim() ?? null;
  }

  async keepCommit(revision: string, commit: string): Promise<void> {
    if (revision === commit) return;
    const path = join(this.#folder, 'refs', revision);
    await makeFolder(dirname(path));
    await writeAtomically(path, commit);
  }

  /** Names of the files that a commit has here. */
  filesOf(commit: string): Promise<string[]> {
    return readdir(this.snapshot(commit)).catch(() => []);
  }

  /**
   * Puts a file where it belongs. What was fetched of it before is kept, and the rest asked for. Of two that do so at once
   * each writes a file of its own.
   *
   * @param read its bytes from a place on
   * @returns its path in the commit's folder
   * @throws AlpacaError CorruptArtifact where it has another digest than the hub says; StorageFull
   */
  async add(
    commit: string,
    file: HubFile,
    read: (from: number) => AsyncIterable<Uint8Array>,
  ): Promise<string> {
    requireHarmless(commit, file);
    const link = join(this.snapshot(commit), file.path);
    if (await hasSize(link, file.size)) return link;
    const blob = join(this.#folder, 'blobs', file.digest.value);
    await makeFolder(dirname(blob));
    await makeFolder(dirname(link));
    if (!(await hasSize(blob, file.size))) await fetchInto(blob, file, read);
    await symlink(relative(dirname(link), blob), link).catch((error) => {
      if (error.code !== 'EEXIST') throw storageError(error, link);
    });
    return link;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/** What is at its place has had its digest taken; another size is that of a file that was changed since. */
async function hasSize(path: string, size: number): Promise<boolean> {
  return (await stat(path).catch(() => null))?.size === size;
}

/** Names and digests become paths, and whoever answers for the hub has chosen them. */
function requireHarmless(commit: string, { path, digest }: HubFile): void {
  const isInside = !path.startsWith('/') && !/[\\\0]/.test(path) && !path.split('/').includes('..');
  if (isInside && /^[0-9a-f]{40}$/.test(commit) && /^[0-9a-f]{40,64}$/.test(digest.value)) return;
  throw new AlpacaError(
    'CorruptArtifact',
    `The hub lists a file that can be none: ${JSON.stringify(path)}.`,
    {
      remedy: 'See what HF_ENDPOINT names.',
    },
  );
}

/** Behind a blob's name, what has come of it: with host and process while it is written. Libraries of the hub have other names. */
const INCOMPLETE = /^\.alpaca(?:\.(?<host>.+)\.(?<pid>\d+)\.[0-9a-f]{12})?\.incomplete$/;

/** Files that this process is writing. */
const underWay = new Set<string>();

async function fetchInto(
  blob: string,
  file: HubFile,
  read: (from: number) => AsyncIterable<Uint8Array>,
): Promise<void> {
  const own = `${blob}.alpaca.${hostname()}.${process.pid}.${randomBytes(6).toString('hex')}.incomplete`;
  underWay.add(own);
  try {
    await takeOver(blob, own);
    const out = await open(own, 'a');
    await append(out, file, read).finally(() => out.close());
    await requireDigest(own, file);
    await rename(own, blob);
  } catch (error) {
    // Whoever comes next goes on with it; after a wrong digest it is there no more.
    await rename(own, `${blob}.alpaca.incomplete`).catch(() => {});
    throw storageError(error, blob);
  } finally {
    underWay.delete(own);
  }
}

/** Makes its own what one that ended, also by a kill, has left of a blob; only one of those who try gets it. */
async function takeOver(blob: string, own: string): Promise<void> {
  const folder = dirname(blob);
  const isLeft = (name: string) => {
    const found = name.startsWith(basename(blob)) && INCOMPLETE.exec(name.slice(basename(blob).length));
    if (!found) return false;
    const { host = null, pid } = found.groups ?? {};
    if (host === null) return true;
    // A container that was started again may have given this process the id of the one before.
    const isWritten = Number(pid) === process.pid ? underWay.has(join(folder, name)) : isAlive(Number(pid));
    return host === hostname() && !isWritten;
  };
  for (const name of (await namesIn(folder)).filter(isLeft))
    if (await isDone(rename(join(folder, name), own))) return;
}

/** False where another has been faster. */
async function isDone(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

async function requireDigest(path: string, file: HubFile): Promise<void> {
  const digest = await digestOf(path, file);
  if (digest === file.digest.value) return;
  await rm(path);
  throw new AlpacaError(
    'CorruptArtifact',
    `${file.path} has another digest than the hub says (${digest}, not ${file.digest.value}).`,
    { remedy: 'It was changed or damaged on its way, and is not kept: fetch it again.' },
  );
}

async function append(
  out: FileHandle,
  { path, size }: HubFile,
  read: (from: number) => AsyncIterable<Uint8Array>,
): Promise<void> {
  let { size: have } = await out.stat();
  if (have > size) {
    await out.truncate(0);
    have = 0;
  }
  if (have === size) return;
  for await (const bytes of read(have)) await out.writeFile(bytes);
  const { size: now } = await out.stat();
  if (now < size)
    throw new AlpacaError('HubAway', `The hub ended ${path} after ${now} of ${size} bytes.`, {
      remedy: 'Try again: it goes on from there.',
    });
}

async function digestOf(path: string, { size, digest }: HubFile): Promise<string> {
  const hash: Hash = createHash(digest.algorithm === 'git' ? 'sha1' : 'sha256');
  if (digest.algorithm === 'git') hash.update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}
