import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The Python that tests hand our files to: what ALPACA_PYTHON names, else `python3`. */
export const PYTHON = process.env.ALPACA_PYTHON ?? 'python3';

/** Why a test is left out that needs these modules of PYTHON; false where it has them all. */
export async function missingFromPython(...modules: string[]): Promise<string | false> {
  const look = `import importlib.util as i, sys; sys.exit(not all(map(i.find_spec, sys.argv[1:])))`;
  return run(PYTHON, ['-c', look, ...modules]).then(
    () => false as const,
    () => `${PYTHON} has not all of ${modules.join(', ')}; name one that has in ALPACA_PYTHON`,
  );
}
