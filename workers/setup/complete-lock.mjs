import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/**
 * `npm run lock`, after a change of dependencies: adds the packages for other platforms that the lock file
 * lacks. npm writes only those that its registry offered, and some mirrors offer their own platform's
 * alone; `npm ci` then refuses the lock file everywhere. What is added has the exact version that its
 * package asks for, and no integrity, since nobody here has seen the file.
 */

/** @typedef {{ version?: string, dev?: boolean, license?: string, engines?: object, optionalDependencies?: Record<string, string> }} LockEntry */

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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = new URL('../../package-lock.json', import.meta.url);
  const lock = JSON.parse(await readFile(path, 'utf8'));
  const { packages, added } = completePackages(lock.packages);
  await writeFile(path, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`);
  console.log(added.length === 0 ? 'The lock file is complete.' : `Added ${added.join(', ')}.`);
}
