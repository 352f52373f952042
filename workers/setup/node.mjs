import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cached, execute, SetupError, verifyDigest } from './cache.mjs';
import { NODE } from './pins.mjs';

/**
 * The Node that the project's TypeScript runs under: this one where it strips types by itself, else the
 * pinned `node` package for this platform.
 * @param {{ version?: string, execPath?: string, platform?: string }} [current]
 * @returns {Promise<{ path: string, version: string, from: string }>}
 */
export async function findNode({
  version = process.versions.node,
  execPath = process.execPath,
  platform = `${process.platform}-${process.arch}`,
} = {}) {
  if (runsTypeScript(version)) return { path: execPath, version, from: 'this one' };
  const pin = NODE[platform];
  if (!pin) {
    throw new SetupError(
      `Node ${version} cannot run TypeScript, and npm has no Node package for ${platform}. Install Node 24 from https://nodejs.org.`,
    );
  }
  const folder = await cached(`node-${pin.version}-${platform}`, (target) => download(pin, target));
  return { path: join(folder, 'bin', 'node'), version: pin.version, from: `npm's ${pin.package}` };
}

/**
 * Whether a Node strips types without a flag: 22.18 and later, 23.6 and later, 24 and later.
 * @param {string} version
 */
export function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}

/**
 * @param {import('./pins.mjs').NodePin} pin
 * @param {string} target
 */
async function download(pin, target) {
  const name = `${pin.package}@${pin.version}`;
  const { command, args } = npm();
  try {
    // Outside the clone, so that the project's own .npmrc and lock file have no say.
    await execute(command, [...args, 'pack', name, '--ignore-scripts', '--silent'], { cwd: target });
    const tarball = join(target, `${pin.package}-${pin.version}.tgz`);
    await verifyDigest(tarball, 'sha512', 'base64', pin.integrity.replace('sha512-', ''));
    await mkdir(join(target, 'bin'));
    await execute('tar', [
      '-xzf',
      tarball,
      '-C',
      join(target, 'bin'),
      '--strip-components=2',
      'package/bin/node',
    ]);
    await rm(tarball);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    throw new SetupError(
      `Node ${process.versions.node} cannot run TypeScript, and \`npm pack ${name}\` failed (${error.message}). Install Node 24 from https://nodejs.org, or let npm reach its registry.`,
    );
  }
}

/** The npm that belongs to this Node where npm started us, else the one on PATH. */
function npm() {
  const script = process.env.npm_execpath;
  if (script?.endsWith('npm-cli.js')) return { command: process.execPath, args: [script] };
  return { command: join(dirname(process.execPath), 'npm'), args: [] };
}
