import { readdir, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { cacheFolder, execute, exists, messageOf } from './cache.mjs';
import { findGpu } from './gpu.mjs';
import { runsTypeScript } from './node.mjs';
import { NODE } from './pins.mjs';
import { canBeDownloaded } from './temporal.mjs';
import { findCompiler } from './tensorflow.mjs';

/** @typedef {{ what: string, fits: boolean, found: string, todo?: string }} Finding */

/** What set-up writes without a GPU library, with a store of some runs beside it. */
const DISK_BYTES = 4e9;
/** NVIDIA's libraries, beside that. */
const GPU_DISK_BYTES = 8e9;
const PORTS = { 'Temporal UI': 8233, 'pages of runs': 8288, chat: 8289 };
const ANSWER_MS = 20_000;

/**
 * What of this machine fits, and what to do where it does not. It brings nothing, and needs no set-up.
 * @returns {Promise<Finding[]>}
 */
export async function examine() {
  const kept = await readdir(cacheFolder()).catch(() => []);
  const has = (/** @type {string} */ part) => kept.some((name) => name.startsWith(`${part}-`));
  const gpu = await findGpu();
  return [
    node(has('node')),
    ...(await Promise.all([
      compiler(has('tensorflow')),
      temporal(has('temporal')),
      registry('npm', ['npm', 'ping'], has('node') || runsTypeScript(process.versions.node)),
      registry('PyPI', ['python3', '-m', 'pip', 'index', 'versions', 'pip'], has('tensorflow')),
      disk(gpu === null ? DISK_BYTES : GPU_DISK_BYTES),
      ports(),
    ])),
    {
      what: 'GPU',
      fits: true,
      found: gpu ? `${gpu.name}, driver ${gpu.driver}` : 'none: trainings compute on the CPU',
    },
  ];
}

/**
 * A line for each, those that do not fit with what to do.
 * @param {readonly Finding[]} findings
 */
export function doctorText(findings) {
  return findings
    .map(
      ({ what, fits, found, todo }) =>
        `${fits ? 'fits' : 'MEND'}  ${what.padEnd(12)} ${found}${todo ? `. ${todo}` : ''}\n`,
    )
    .join('');
}

/** @param {boolean} isKept @returns {Finding} */
function node(isKept) {
  const { version } = process;
  if (runsTypeScript(process.versions.node)) return { what: 'Node', fits: true, found: version };
  const pin = NODE[`${process.platform}-${process.arch}`];
  if (pin === undefined)
    return {
      what: 'Node',
      fits: false,
      found: `${version}, which runs no TypeScript`,
      todo: 'Install Node 24 from https://nodejs.org.',
    };
  return {
    what: 'Node',
    fits: true,
    found: `${version} to start; Node ${pin.version} ${isKept ? 'is in the cache' : 'is brought by npm'}`,
  };
}

/** @param {boolean} isBuilt @returns {Promise<Finding>} */
async function compiler(isBuilt) {
  const what = 'compiler';
  try {
    return { what, fits: true, found: await findCompiler() };
  } catch (error) {
    if (isBuilt) return { what, fits: true, found: 'none, and none is needed: the binding is in the cache' };
    return { what, fits: false, found: 'none', todo: messageOf(error) };
  }
}

/** @param {boolean} isKept @returns {Promise<Finding>} */
async function temporal(isKept) {
  const what = 'Temporal CLI';
  const onPath = await answers(['temporal', '--version']);
  if (onPath !== null) return { what, fits: true, found: `${onPath} on PATH` };
  if (isKept) return { what, fits: true, found: 'in the cache' };
  const go = await answers(['go', 'version']);
  if (go !== null)
    return { what, fits: true, found: `none yet: downloaded, or built with ${go} in some minutes` };
  if (await canBeDownloaded())
    return { what, fits: true, found: 'none yet: set-up downloads it from GitHub' };
  return {
    what,
    fits: false,
    found: 'none, and no download of it answers',
    todo: 'Install it (https://docs.temporal.io/cli#install) or Go 1.24 or newer (https://go.dev/dl).',
  };
}

/** @param {string} what @param {readonly string[]} command @param {boolean} isNeedless @returns {Promise<Finding>} */
async function registry(what, command, isNeedless) {
  if (isNeedless) return { what, fits: true, found: 'not needed: what it would give is here' };
  if ((await answers(command)) !== null) return { what, fits: true, found: 'answers' };
  return {
    what,
    fits: false,
    found: `\`${command.join(' ')}\` fails`,
    todo: 'Install the program, or set its registry or proxy, as it takes them.',
  };
}

/** @param {number} wanted @returns {Promise<Finding>} */
async function disk(wanted) {
  let folder = cacheFolder();
  while (!(await exists(folder)) && folder !== dirname(folder)) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const found = `${(free / 1e9).toFixed(1)} GB free in ${folder}`;
  if (free >= wanted) return { what: 'disk', fits: true, found };
  return {
    what: 'disk',
    fits: false,
    found,
    todo: `Free ${((wanted - free) / 1e9).toFixed(1)} GB, or name another folder in ALPACA_CACHE.`,
  };
}

/** @returns {Promise<Finding>} */
async function ports() {
  const taken = [];
  for (const [name, port] of Object.entries(PORTS))
    if (!(await isFree(port))) taken.push(`${port} (${name})`);
  const found =
    taken.length === 0
      ? `${Object.values(PORTS).join(', ')} are free`
      : `taken: ${taken.join(', ')}; others are chosen and said`;
  return { what: 'ports', fits: true, found };
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** @param {readonly string[]} command @returns {Promise<string | null>} the first line; null where it fails */
async function answers([command = '', ...args]) {
  const output = await execute(command, args, { timeoutMs: ANSWER_MS }).catch(() => null);
  return output === null ? null : (output.trim().split('\n')[0] ?? '');
}
