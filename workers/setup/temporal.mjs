import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, cacheFolder, execute, exists, messageOf, SetupError, verifyDigest } from './cache.mjs';
import { TEMPORAL } from './pins.mjs';

/** Where the download cannot be reached, building must not wait long for it. */
const ANSWER_TIMEOUT_MS = 20_000;
const DOWNLOAD_TIMEOUT_MS = 5 * 60_000;
const FOLDER = `temporal-${TEMPORAL.version}-${process.platform}-${process.arch}`;

/**
 * The Temporal CLI, which is also the dev server: one on PATH, else the cache's, else Temporal's download,
 * else built from source with Go.
 * @param {{ doing?: (how: string) => void }} [options] `doing` hears what takes a while, and how long it usually does
 * @returns {Promise<{ path: string, version: string, from: string }>}
 */
export async function findTemporal({ doing = () => {} } = {}) {
  const onPath = await devServerVersion('temporal');
  if (onPath) return { path: 'temporal', version: onPath, from: 'PATH' };
  const path = join(cacheFolder(), FOLDER, 'temporal');
  const wasCached = await exists(path);
  let from = 'cache';
  await cached(FOLDER, async (folder) => {
    from = await bring(join(folder, 'temporal'), doing);
  });
  const version = await devServerVersion(path);
  if (!version)
    throw new SetupError(`${path} does not run. Delete ${join(cacheFolder(), FOLDER)} and start again.`);
  return { path, version, from: wasCached ? 'cache' : from };
}

/**
 * Tries each source in turn, keeping every failure for the final message.
 * @param {string} target
 * @param {(how: string) => void} doing
 * @returns {Promise<string>} where it came from
 */
async function bring(target, doing) {
  const failures = [];
  for (const [name, source, how] of /** @type {const} */ ([
    [`download from ${TEMPORAL.download}`, download, 'by download'],
    [
      `go install ${TEMPORAL.module}@v${TEMPORAL.version}`,
      build,
      'built with Go, as it cannot be downloaded: usually 4 minutes on 2 cores',
    ],
  ])) {
    try {
      doing(how);
      await source(target);
      return name;
    } catch (error) {
      failures.push(`${name}: ${messageOf(error)}`);
    }
  }
  throw new SetupError(
    `The Temporal CLI could not be had. Tried: \`temporal\` on PATH: not installed; ${failures.join('; ')}. ` +
      'Install it (https://docs.temporal.io/cli#install) or Go 1.24 or newer (https://go.dev/dl), or use a running ' +
      'server: set TEMPORAL_ADDRESS and add --existing.',
  );
}

/**
 * Temporal's own release of the CLI, as its archive for this platform is pinned.
 * @param {string} target
 */
async function download(target) {
  const pin = TEMPORAL.archives[`${process.platform}-${process.arch}`];
  if (!pin) throw new SetupError(`no archive for ${process.platform}-${process.arch} is pinned`);
  const archive = `${target}.tar.gz`;
  await writeFile(archive, await fetchWhole(urlOf(pin)));
  await verifyDigest(archive, 'sha256', 'hex', pin.sha256);
  const folder = `${target}.extracted`;
  await mkdir(folder);
  await execute('tar', ['-xzf', archive, '-C', folder]);
  await copyFile(join(folder, 'temporal'), target);
  await chmod(target, 0o755);
  await rm(folder, { recursive: true });
  await rm(archive);
  if (!(await devServerVersion(target))) throw new SetupError('the downloaded program does not run');
}

/**
 * Whether Temporal's download answers for this platform; nothing is fetched.
 * @returns {Promise<boolean>}
 */
export async function canBeDownloaded() {
  const pin = TEMPORAL.archives[`${process.platform}-${process.arch}`];
  if (!pin) return false;
  return fetch(urlOf(pin), { method: 'HEAD', signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** @param {{ file: string }} archive */
function urlOf({ file }) {
  return `${TEMPORAL.download}/v${TEMPORAL.version}/${file}`;
}

/**
 * @param {string} url
 * @returns {Promise<Buffer>}
 */
async function fetchWhole(url) {
  const abort = new AbortController();
  const late = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS);
  const answer = await fetch(url, {
    signal: AbortSignal.any([abort.signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]),
  })
    .catch((error) => {
      throw new SetupError(messageOf(error.cause ?? error));
    })
    .finally(() => clearTimeout(late));
  if (!answer.ok) throw new SetupError(`HTTP ${answer.status} for ${url}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** @param {string} target */
async function build(target) {
  const bin = `${target}.gobin`;
  await execute('go', ['install', `${TEMPORAL.module}@v${TEMPORAL.version}`], {
    env: { ...process.env, GOBIN: bin },
    timeoutMs: 20 * 60_000,
  });
  await copyFile(join(bin, 'temporal'), target);
  await chmod(target, 0o755);
  await rm(bin, { recursive: true });
}

/**
 * The server version that a `temporal` program reports; null where it does not run.
 * @param {string} path
 */
async function devServerVersion(path) {
  try {
    const text = await execute(path, ['--version'], { timeoutMs: 20_000 });
    return /Server [\d.]+/.exec(text)?.[0].toLowerCase() ?? null;
  } catch {
    return null;
  }
}
