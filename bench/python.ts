import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../workers/setup/cache.mjs';

const run = promisify(execFile);

/** A Python with what a bench is compared with, or why there is none. */
export type PeerPython = { python: string } | { missing: string };

export interface PeerPackages {
  /** what is imported, to see whether a Python has it */
  modules: readonly string[];
  /** as pip takes them, each with its version */
  packages: readonly string[];
}

/**
 * A Python that has the packages: the one that ALPACA_PYTHON names where it has them, else one in an
 * environment that is made for the bench and kept in the cache folder.
 *
 * @param bench names the environment
 * @param mayInstall false: what is not there already is missing
 */
export async function pythonWith(
  bench: string,
  { modules, packages }: PeerPackages,
  mayInstall = true,
): Promise<PeerPython> {
  const named = process.env.ALPACA_PYTHON;
  if (named && (await succeeds(run(named, ['-c', `import ${modules.join(', ')}`])))) return { python: named };
  const folder = join(cacheFolder(), `bench-${bench}-python`);
  const python = join(folder, 'bin', 'python');
  const ready = join(folder, 'ready');
  if (await succeeds(access(ready))) return { python };
  if (!mayInstall) return { missing: `no Python has ${modules.join(' and ')}` };
  try {
    console.error(`Installing ${packages.join(', ')} for the bench in ${folder}.`);
    await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
    await run(python, ['-c', `open(${JSON.stringify(ready)}, "w")`]);
    return { python };
  } catch (error) {
    return { missing: `no Python environment could be made: ${(error as Error).message.split('\n')[0]}` };
  }
}

/** What a Python script prints as JSON. */
export async function runPython<Result>(python: string, args: readonly string[]): Promise<Result> {
  const { stdout } = await run(python, [...args], { maxBuffer: 1 << 28 });
  return JSON.parse(stdout) as Result;
}

function succeeds(attempt: Promise<unknown>): Promise<boolean> {
  return attempt.then(
    () => true,
    () => false,
  );
}
