import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PACKAGES = ['rouge_score==0.1.2', 'rapidfuzz==3.14.6', 'numpy==2.4.6'];
const FOLDER = join(tmpdir(), 'alpaca-bench-dedupe-python');

/**
 * The path of a Python that has the peers, in an environment made for the bench and kept beside the system's
 * temporary files; or why there is none.
 */
export async function pythonWithPeers(): Promise<{ python: string } | { missing: string }> {
  const python = join(FOLDER, 'bin', 'python');
  const ready = join(FOLDER, 'ready');
  try {
    await access(ready);
    return { python };
  } catch {
    // Not made yet, or not to its end.
  }
  try {
    await run('python3', ['-m', 'venv', FOLDER]);
    await run(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
    await run(python, ['-c', `open(${JSON.stringify(ready)}, "w")`]);
    return { python };
  } catch (error) {
    return { missing: `no Python environment could be made: ${(error as Error).message.split('\n')[0]}` };
  }
}

export async function runPython<Result>(python: string, args: string[]): Promise<Result> {
  const { stdout } = await run(python, args, { maxBuffer: 1 << 28 });
  return JSON.parse(stdout) as Result;
}
