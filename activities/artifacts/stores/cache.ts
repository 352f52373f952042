import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { link, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { AlpacaError, storageError } from '../../errors.ts';
import { log } from '../../log.ts';
import { isAlive } from '../../process/is-alive.ts';
import { makePrivateFolder, moveInto, namesIn } from '../atomic.ts';
import { digestOf } from '../digest.ts';
import type { UriParts } from '../uri.ts';
import { Opened } from './opened.ts';

/** Other processes fill the cache too: what is in it is counted again after so long. */
const COUNTED_FOR_MS = 30_000;

/** A process says so often that it goes on, and is believed to have ended after so long without a word. */
const TOUCHED_EVERY_MS = 10 * 60_000;
const SILENT_FOR_MS = 6 * 3_600_000;

export interface CacheSettings {
  folder: string;
  /** of what is kept, in bytes */
  mostBytes: number;
}

/**
 * Artifacts of a bucket on a worker's disk, which the processes of one machine share, containers with names of their own
 * among them.
 *
 *   artifacts/KIND/SHA256/NAME            what was read or made here; believed by nobody
 *   use/HOST.PID.RANDOM/KIND/SHA256/NAME  what one process has open: links to the same bytes, whose digest it has taken
 *   use/HOST.PID.RANDOM/work/...          what it is building, fetching or deleting
 *
 * A process opens a thing by linking it, so that no other can take it away. Nothing is synced: after a crash the digest
 * tells what is whole. It wants a file system with hard links.
 */
export class ArtifactCache {
  readonly #shared: string;
  readonly #own: string;
  readonly #mostBytes: number;
  readonly #open = new Map<string, Opened>();
  readonly #opening = new Map<string, Promise<string>>();
  #begun: Promise<void> | undefined;
  #counted = { bytes: 0, at: Number.NEGATIVE_INFINITY };

  constructor({ folder, mostBytes }: CacheSettings) {
    this.#shared = resolve(folder, 'artifacts');
    this.#own = resolve(folder, 'use', `${hostname()}.${process.pid}.${randomBytes(6).toString('hex')}`);
    this.#mostBytes = mostBytes;
  }

  /** A fresh folder that goes with this process. */
  async workspace(name: string): Promise<string> {
    await this.#begin();
    const path = join(this.#own, 'work', `${name}.${randomBytes(6).toString('hex')}`);
    await mkdir(path, { recursive: true });
    return path;
  }

  /**
   * The path of an artifact, which stays as `ArtifactStore.open` promises.
   *
   * @param fetch brings it where it is not here, or not whole: writes it to a path
   * @throws AlpacaError CorruptArtifact where what was fetched has another digest; StorageFull; what `fetch` throws
   */
  async open(artifact: UriParts, fetch: (path: string) => Promise<{ bytes: number }>): Promise<string> {
    const home = homeOf(artifact);
    for (;;) {
      const held = this.#open.get(home);
      if (held) return held.hold();
      const opening = this.#opening.get(home) ?? this.#bring(artifact, home, fetch);
      this.#opening.set(home, opening);
      await opening.finally(() => this.#opening.delete(home));
    }
  }

  /** Takes in what was just made and stored: a path beneath a workspace, which is gone then. */
  async keep(artifact: UriParts, path: string, bytes: number): Promise<void> {
    const home = homeOf(artifact);
    if (this.#open.has(home)) return rm(path, { recursive: true, force: true });
    const work = await this.workspace('keep');
    await moveInto(path, join(work, artifact.name));
    await this.#adopt(artifact, home, work, bytes);
  }

  /** Lets go of an artifact that is deleted. */
  async drop(artifact: UriParts): Promise<void> {
    const home = homeOf(artifact);
    this.#open.delete(home);
    await this.#discard(join(this.#shared, home));
    await this.#discard(join(this.#own, home));
  }

  async #bring(
    artifact: UriParts,
    home: string,
    fetch: (path: string) => Promise<{ bytes: number }>,
  ): Promise<string> {
    const found = await this.#linkShared(artifact, home);
    if (found !== null) return found;
    const work = await this.workspace('fetch');
    try {
      const path = join(work, artifact.name);
      const { bytes } = await fetch(path);
      const { sha256 } = await digestOf(path);
      if (sha256 !== artifact.sha256)
        throw new AlpacaError(
          'CorruptArtifact',
          `What the store has of artifact://${home}/${artifact.name} has the digest ${sha256}.`,
          { remedy: 'It was changed or damaged: delete it there and run the step that makes it again.' },
        );
      return await this.#adopt(artifact, home, work, bytes);
    } catch (error) {
      throw storageError(error, work);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  /** What is shared, if it is whole; null where it is not here. */
  async #linkShared(artifact: UriParts, home: string): Promise<string | null> {
    const work = await this.workspace('link');
    const shared = join(this.#shared, home);
    try {
      await linkTree(shared, work);
      const { sha256 } = await digestOf(join(work, artifact.name));
      if (sha256 !== artifact.sha256) {
        log.warn('What the cache had of an artifact was damaged; it is fetched again.', { artifact: home });
        await this.#discard(shared);
        return null;
      }
      await utimes(shared, new Date(), new Date()).catch(() => {});
      return await this.#hold(artifact, home, work);
    } catch (error) {
      // It is not here, or goes while it is linked.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw storageError(error, shared);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  /** Shares what a folder has, and has it open. */
  async #adopt(artifact: UriParts, home: string, work: string, bytes: number): Promise<string> {
    await this.#makeRoom(bytes);
    const shared = join(this.#shared, home);
    const twin = await this.workspace('share');
    await linkTree(work, twin);
    await makePrivateFolder(dirname(shared));
    await rename(twin, shared).then(
      () => {
        this.#counted.bytes += bytes;
      },
      // Another process has brought it too.
      () => rm(twin, { recursive: true, force: true }),
    );
    return this.#hold(artifact, home, work);
  }

  async #hold({ name }: UriParts, home: string, work: string): Promise<string> {
    const own = join(this.#own, home);
    const path = join(own, name);
    await mkdir(dirname(own), { recursive: true });
    await rename(work, own).catch((error: NodeJS.ErrnoException) => {
      // Another call in this process has it open since.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    const forget = () => {
      this.#open.delete(home);
      rmSync(own, { recursive: true, force: true });
    };
    if (!this.#open.has(home)) this.#open.set(home, new Opened(path, forget));
    return path;
  }

  /** Deletes what was not opened for longest, until so many bytes more are within the bound. */
  async #makeRoom(bytes: number): Promise<void> {
    const isCounted = Date.now() - this.#counted.at < COUNTED_FOR_MS;
    if (isCounted && this.#counted.bytes + bytes <= this.#mostBytes) return;
    for (const opened of this.#open.values()) opened.forgetIfIdle();
    const kept = await this.#list();
    let sum = kept.reduce((total, entry) => total + entry.bytes, 0);
    for (const entry of kept.sort((one, other) => one.openedAt - other.openedAt)) {
      if (sum + bytes <= this.#mostBytes) break;
      if (entry.isOpen) continue;
      await this.#discard(entry.path);
      sum -= entry.bytes;
    }
    this.#counted = { bytes: sum, at: Date.now() };
    if (sum + bytes > this.#mostBytes)
      log.warn('What is open takes more than the cache may hold (ALPACA_STORE_CACHE_BYTES).', {
        open: sum + bytes,
        bound: this.#mostBytes,
      });
  }

  async #list(): Promise<Kept[]> {
    const found: Kept[] = [];
    for (const kind of await namesIn(this.#shared)) {
      for (const digest of await namesIn(join(this.#shared, kind))) {
        const path = join(this.#shared, kind, digest);
        const kept = await keptAt(path).catch(() => null);
        if (kept) found.push(kept);
      }
    }
    return found;
  }

  /** Out of its place at once, then gone. */
  async #discard(path: string): Promise<void> {
    const work = join(this.#own, 'work', randomBytes(6).toString('hex'));
    await rename(path, work).then(
      () => rm(work, { recursive: true, force: true }),
      () => {},
    );
  }

  /** What ended processes had open goes; what this one has goes with it. */
  #begin(): Promise<void> {
    this.#begun ??= (async () => {
      ofThisProcess.add(this.#own);
      await makePrivateFolder(join(this.#own, 'work'));
      await this.#clearUses();
      setInterval(() => {
        const now = new Date();
        void utimes(this.#own, now, now)
          .then(() => this.#clearUses())
          .catch(() => {});
      }, TOUCHED_EVERY_MS).unref();
    })();
    return this.#begun;
  }

  async #clearUses(): Promise<void> {
    const uses = dirname(this.#own);
    for (const name of await namesIn(uses)) {
      const path = join(uses, name);
      if (await hasEnded(path, name)) await rm(path, { recursive: true, force: true });
    }
  }
}

/** Of a folder HOST.PID.RANDOM; where nothing can be known of the process, by when it was heard of last. */
async function hasEnded(path: string, name: string): Promise<boolean> {
  if (ofThisProcess.has(path)) return false;
  const [, host, number] = /^(.+)\.(\d+)\.\w+$/.exec(name) ?? [];
  if (host === hostname()) {
    const pid = Number(number);
    // A container that is started again has the name and the number of the one before.
    return pid === process.pid || !isAlive(pid);
  }
  const touched = await stat(path).catch(() => null);
  return touched !== null && Date.now() - touched.mtimeMs > SILENT_FOR_MS;
}

/** Folders that go with this process. */
const ofThisProcess = new Set<string>();
process.once('exit', () => {
  for (const folder of ofThisProcess) rmSync(folder, { recursive: true, force: true });
});

interface Kept {
  path: string;
  bytes: number;
  openedAt: number;
  /** some process has a link to it */
  isOpen: boolean;
}

async function keptAt(path: string): Promise<Kept> {
  const kept: Kept = { path, bytes: 0, openedAt: (await stat(path)).mtimeMs, isOpen: false };
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const { size, nlink } = await stat(join(entry.parentPath, entry.name));
    kept.bytes += size;
    kept.isOpen ||= nlink > 1;
  }
  return kept;
}

/** Makes a folder's files and folders once more, by links. */
async function linkTree(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true, recursive: true });
  for (const entry of entries.filter((each) => each.isDirectory()))
    await mkdir(join(to, relative(from, join(entry.parentPath, entry.name))), { recursive: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = join(entry.parentPath, entry.name);
    await link(file, join(to, relative(from, file)));
  }
}

function homeOf({ kind, sha256 }: UriParts): string {
  return join(kind, sha256);
}
