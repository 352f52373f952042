import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long one set-up waits for another that builds the same part, in milliseconds. */
const LOCK_PATIENCE_MS = 20 * 60_000;

/** A part of the set-up that cannot be had: says what was tried and what to install. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}

/**
 * Where downloads and builds that outlive a clone are kept.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function cacheFolder(env = process.env) {
  return env.ALPACA_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'alpaca-temporal');
}

/** @param {string} path */
export async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * Returns the cache folder of `name`, built by `build` in a temporary folder and renamed into place when
 * it is not there yet: so it is either whole or absent, whatever interrupts the build.
 * @param {string} name
 * @param {(folder: string) => Promise<void>} build
 * @returns {Promise<string>}
 */
export async function cached(name, build) {
  const folder = join(cacheFolder(), name);
  if (await exists(folder)) return folder;
  return withLock(name, async () => {
    if (await exists(folder)) return folder;
    const temporary = `${folder}.${process.pid}.${randomBytes(4).toString('hex')}.partial`;
    try {
      await mkdir(temporary, { recursive: true });
      await build(temporary);
      await rename(temporary, folder);
    } catch (error) {
      if (!(await exists(folder))) throw diskError(error, folder);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
    return folder;
  });
}

/**
 * Runs `work` while no other process on this machine builds the same part. It only saves work: `cached`
 * renames whole folders, so a lock that is broken because its owner died can do no harm.
 * @template Result
 * @param {string} name
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
async function withLock(name, work) {
  const lock = join(cacheFolder(), `${name}.lock`);
  await makeFolder(dirname(lock)).catch((error) => {
    throw diskError(error, dirname(lock));
  });
  const deadline = Date.now() + LOCK_PATIENCE_MS;
  while (!(await writeFile(lock, String(process.pid), { flag: 'wx' }).then(() => true, ignoreExisting))) {
    const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (owner > 0 && !isAlive(owner)) await rm(lock, { force: true });
    else if (Date.now() > deadline)
      throw new SetupError(`Process ${owner} has held ${lock} for 20 minutes. End it, or delete that file.`);
    else await sleep(200);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/**
 * Makes a folder and those above it. Node's own recursive mkdir never ends where a folder that is there takes none, as
 * in /proc.
 * @param {string} path
 * @returns {Promise<void>}
 */
async function makeFolder(path) {
  /** @param {NodeJS.ErrnoException} error */
  const unlessThere = async (error) => {
    if (error.code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  };
  await mkdir(path).catch(async (error) => {
    if (error.code !== 'ENOENT' || dirname(path) === path) return unlessThere(error);
    await makeFolder(dirname(path));
    return mkdir(path).catch(unlessThere);
  });
}

/**
 * Refuses a file whose digest is not the pinned one.
 * @param {string} path
 * @param {'sha256' | 'sha512'} algorithm
 * @param {'hex' | 'base64'} encoding
 * @param {string} expected
 */
export async function verifyDigest(path, algorithm, encoding, expected) {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  const found = hash.digest(encoding);
  if (found !== expected) {
    throw new SetupError(
      `${path} has the ${algorithm} digest ${found}, but ${expected} is pinned: it was changed on its way and is not used.`,
    );
  }
}

/**
 * Runs a command and returns its standard output; its failure ends in its last lines.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} [options]
 * @returns {Promise<string>}
 */
export function execute(command, args, { cwd, env = process.env, timeoutMs = 15 * 60_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    // Not spawn's own timeout: its timer outlives a program that is not there.
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      errors = (errors + chunk).slice(-4000);
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new SetupError('code' in error && error.code === 'ENOENT' ? 'not installed' : error.message));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(output);
      const lines = (errors || output).trim().split('\n').slice(-4).join(' | ').slice(-600);
      const how = signal ? `ended by ${signal} after ${timeoutMs / 1000} s` : `exit code ${code}`;
      reject(new SetupError(`${how}: ${lines || 'no output'}`));
    });
  });
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {NodeJS.ErrnoException} error */
function ignoreExisting(error) {
  if (error.code === 'EEXIST') return false;
  throw error;
}

/**
 * @param {unknown} error
 * @param {string} path
 */
function diskError(error, path) {
  const code = /** @type {NodeJS.ErrnoException} */ (error).code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SetupError(
      `The disk is full: ${path} was not written. Set-up needs 1.5 GB; free some, or set ALPACA_CACHE to a folder on another disk.`,
    );
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOENT')
    return new SetupError(`${path} cannot be written. Set ALPACA_CACHE to a folder that can.`);
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return new SetupError(`${path} is beneath a file, or is one. Set ALPACA_CACHE to a folder, or unset it.`);
  return error;
}
