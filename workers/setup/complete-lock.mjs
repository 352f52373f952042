import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execute, SetupError } from './cache.mjs';

/**
 * `npm run lock`, after a change of dependencies: adds the packages for other platforms that the lock file
 * lacks. npm writes only those that its registry offered, and some mirrors offer their own platform's
 * alone; `npm ci` then refuses the lock file everywhere. What is added has the exact version that its
 * package asks for, and the digest of its file that the registry tells: without one `npm ci` takes any file.
 */

/** @typedef {{ version?: string, integrity?: string, link?: boolean, dev?: boolean, license?: string, engines?: object, optionalDependencies?: Record<string, string> }} LockEntry */

const PLATFORM =
  /-(android|darwin|linux|win32)-(arm64|x64|arm|ia32|ppc64|s390x)(?:-(gnu|musl|msvc|gnueabihf))?$/;

/**
 * The lock file's packages with those that are missing.
 * @param {Record<string, LockEntry>} packages
 * @returns {{ packages: Record<string, LockEntry>, added: string[] }}
 */
export function completePackages(packages) {
  /** @type {Record<string, object>} */
  const missing = {};
  for (const [place, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const key = `node_modules/${name}`;
      const [, os, cpu, abi] = PLATFORM.exec(name) ?? [];
      if (packages[key] || packages[`${place}/${key}`] || !os || !/^\d+\.\d+\.\d+$/.test(version)) continue;
      const libc = abi === 'musl' ? { libc: ['musl'] } : os === 'linux' && abi ? { libc: ['glibc'] } : {};
      const { dev, license, engines } = entry;
      missing[key] = {
        version,
        cpu: [cpu],
        ...(dev ? { dev } : {}),
        ...libc,
        license,
        optional: true,
        os: [os],
        engines,
      };
    }
  }
  const entries = Object.entries({ ...packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1));
  return { packages: Object.fromEntries(entries), added: Object.keys(missing) };
}

/**
 * The packages that have no digest of their file, by their places in the lock file, as npm is asked for them.
 * @param {Record<string, LockEntry>} packages
 * @returns {Map<string, string>}
 */
export function withoutDigest(packages) {
  // A package of this repository has no file at the registry: its place is its folder.
  const found = Object.entries(packages).filter(
    ([place, { integrity, link }]) => place.includes('node_modules/') && !link && !integrity,
  );
  return new Map(
    found.map(([place, { version }]) => [place, `${place.replace(/^.*node_modules\//, '')}@${version}`]),
  );
}

/** @param {string} name with its version */
async function digestOf(name) {
  const digest = (await execute('npm', ['view', name, 'dist.integrity'])).trim();
  if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(digest)) throw new SetupError(`npm tells no digest of ${name}.`);
  return digest;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = new URL('../../package-lock.json', import.meta.url);
  const lock = JSON.parse(await readFile(path, 'utf8'));
  const { packages, added } = completePackages(lock.packages);
  for (const [place, name] of withoutDigest(packages)) {
    const integrity = await digestOf(name);
    const { version = '', ...rest } = packages[place] ?? {};
    packages[place] = { version, integrity, ...rest };
  }
  await writeFile(path, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`);
  console.log(added.length === 0 ? 'The lock file is complete.' : `Added ${added.join(', ')}.`);
}
