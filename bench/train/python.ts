import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../workers/setup/cache.mjs';

const run = promisify(execFile);

const PACKAGES = ['torch==2.15.0', 'safetensors==0.8.0', 'numpy==2.4.6'];

/**
 * A Python that has PyTorch: the one that ALPACA_PYTHON names, else one in an environment that is made for
 * the bench and kept in the cache folder; or why there is none.
 */
export async function pythonWithTorch(): Promise<{ python: string } | { missing: string }> {
  const named = process.env.ALPACA_PYTHON;
  try {
    if (!named) return { python: await madeEnvironment() };
    await run(named, ['-c', 'import torch, safetensors']);
    return { python: named };
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    return { missing: named ? `ALPACA_PYTHON has no PyTorch: ${reason}` : `no PyTorch: ${reason}` };
  }
}

async function madeEnvironment(): Promise<string> {
  const folder = join(cacheFolder(), 'bench-train-python');
  const python = join(folder, 'bin', 'python');
  const ready = join(folder, 'ready');
  try {
    await access(ready);
  } catch {
    console.error(`Installing PyTorch for the bench in ${folder}; ALPACA_PYTHON names one that is there.`);
    await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
    await run(python, ['-c', `open(${JSON.stringify(ready)}, "w")`]);
  }
  return python;
}
