import { AlpacaError } from '../../errors.ts';
import { askGpu, askGpus } from '../../model/gpu.ts';
import { loadBinding } from '../../model/tensorflow.ts';

/** What this process may use: of a GPU's memory where TensorFlow computes on one, and of the machine's. */
export interface DeviceMemory {
  kind: 'cpu' | 'gpu';
  /**
   * bytes of the GPU's whole memory: what others have taken of it now they may give back; null without one, or
   * where nobody says
   */
  gpuBytes: number | null;
  /** bytes of the machine's memory that the process can still get, a container's limit considered */
  hostBytes: number;
}

export function deviceMemory(): DeviceMemory {
  const kind = loadBinding().isUsingGpuDevice() ? 'gpu' : 'cpu';
  return {
    kind,
    gpuBytes: kind === 'gpu' ? bytesOf(askGpu('memory.total')) : null,
    hostBytes: process.availableMemory(),
  };
}

/**
 * What each process of PyTorch may use here: the smallest of the GPUs that this worker sees, where it sees any.
 *
 * @throws AlpacaError InvalidInput where they are fewer than the processes
 */
export function memoryForEach(processes: number): DeviceMemory {
  const gpus = askGpus('memory.total').map(bytesOf);
  if (gpus.length > 0 && gpus.length < processes)
    throw new AlpacaError(
      'InvalidInput',
      `processes is ${processes}, and the GPU worker sees ${gpus.length} GPUs.`,
      { remedy: 'Set fewer processes, or name more GPUs in CUDA_VISIBLE_DEVICES of the worker.' },
    );
  const known = gpus.filter((bytes) => bytes !== null);
  return {
    kind: gpus.length > 0 ? 'gpu' : 'cpu',
    gpuBytes: known.length > 0 ? Math.min(...known) : null,
    hostBytes: process.availableMemory(),
  };
}

/** @param mebibytes as nvidia-smi writes them, which may be `[N/A]` */
function bytesOf(mebibytes: string | null): number | null {
  const bytes = Number(mebibytes) * 2 ** 20;
  return bytes > 0 ? bytes : null;
}
