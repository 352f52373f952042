import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { trainingPrograms } from '../workers/configuration.ts';

const run = promisify(execFile);

/** The Python that tests hand our files to: what ALPACA_PYTHON names, else `python3`. */
export const PYTHON = process.env.ALPACA_PYTHON ?? 'python3';

/** Why a test is left out that needs these modules of PYTHON; false where it has them all. */
export async function missingFromPython(...modules: string[]): Promise<string | false> {
  return missingFrom(PYTHON, modules);
}

/** Why tests of the engine torchrun are left out here; false where `trainingPrograms` finds what they need. */
export async function missingTorch(): Promise<string | false> {
  const { python } = trainingPrograms();
  if (python === null) return 'there is no Python with PyTorch: `npx alpaca setup torch` makes one';
  return missingFrom(python, ['torch', 'numpy', 'safetensors', 'pyarrow']);
}

async function missingFrom(python: string, modules: readonly string[]): Promise<string | false> {
  const look = `import importlib.util as i, sys; sys.exit(not all(map(i.find_spec, sys.argv[1:])))`;
  return run(python, ['-c', look, ...modules]).then(
    () => false as const,
    () => `${python} has not all of ${modules.join(', ')}; name one that has in ALPACA_PYTHON`,
  );
}
