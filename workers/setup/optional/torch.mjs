import { join } from 'node:path';
import { cached, execute, messageOf, SetupError } from '../cache.mjs';
import { TORCH } from '../pins.mjs';

/**
 * A Python of its own with PyTorch and what train.py reads files with, for `train.engine` torchrun. It is brought only
 * where it is named: on Linux the index's wheel has CUDA's libraries beside it, six gigabytes in all.
 *
 * @param {{ python?: string }} [options] that makes it
 * @returns {Promise<{ path: string, version: string, from: string }>}
 */
export async function findTorch({ python = 'python3' } = {}) {
  const { version } = TORCH;
  let from = 'cache';
  // By this name the GPU worker finds it: workers/configuration.ts.
  const name = `torch-${version}-${process.platform}-${process.arch}`;
  const folder = await cached(name, async (target) => {
    const own = join(target, 'bin', 'python');
    try {
      await execute(python, ['-m', 'venv', target]);
      await execute(own, [...INSTALL, ...TORCH.packages], { timeoutMs: 60 * 60_000 });
      await execute(own, ['-c', 'import torch, numpy, safetensors, pyarrow']);
    } catch (error) {
      throw new SetupError(
        `PyTorch ${version} could not be had: ${messageOf(error)}. It needs Python 3.10 or newer with venv and pip ` +
          '(`apt-get install python3-venv`), an index that has it, and 6 GB of disk. Or name a Python that has ' +
          'torch, numpy, safetensors and pyarrow in ALPACA_PYTHON.',
      );
    }
    from = 'made with pip';
  });
  return { path: join(folder, 'bin', 'python'), version, from };
}

const INSTALL = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
