import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FOLDER = join(tmpdir(), 'alpaca-bench-tokenize-python');

export interface RustMeasurement {
  version: string;
  seconds: number;
}

/** A Python with the Rust library, in an environment made for the bench and kept; or why there is none. */
export async function pythonWithTokenizers(): Promise<{ python: string } | { missing: string }> {
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
    await run(python, ['-m', 'pip', 'install', '--quiet', 'tokenizers==0.23.3']);
    await run(python, ['-c', `open(${JSON.stringify(ready)}, "w")`]);
    return { python };
  } catch (error) {
    return { missing: `no Python environment could be made: ${(error as Error).message.split('\n')[0]}` };
  }
}

export async function runPeer(python: string, args: readonly string[]): Promise<RustMeasurement> {
  const script = fileURLToPath(new URL('./rust_peer.py', import.meta.url));
  const { stdout } = await run(python, [script, ...args]);
  return JSON.parse(stdout) as RustMeasurement;
}
