import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { loadBinding } from '../../model/tensorflow.ts';

/** What this process may use: of a GPU's memory where TensorFlow computes on one, and of the machine's. */
export interface DeviceMemory {
  kind: 'cpu' | 'gpu';
  /** bytes of the GPU's memory; null without one, or where nvidia-smi does not say */
  gpuBytes: number | null;
  /** bytes of the machine's memory that the process can still get, a container's limit considered */
  hostBytes: number;
}

export async function deviceMemory(): Promise<DeviceMemory> {
  const kind = loadBinding().isUsingGpuDevice() ? 'gpu' : 'cpu';
  return {
    kind,
    gpuBytes: kind === 'gpu' ? await gpuMemory() : null,
    hostBytes: process.availableMemory(),
  };
}

/** All of the GPU that this process computes on: what others have taken of it now they may give back. */
async function gpuMemory(): Promise<number | null> {
  const gpu = `--id=${process.env.CUDA_VISIBLE_DEVICES}`;
  const query = [gpu, '--query-gpu=memory.total', '--format=csv,noheader,nounits'];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 10_000 });
    const mebibytes = Number(stdout.split('\n')[0]);
    return Number.isFinite(mebibytes) && mebibytes > 0 ? mebibytes * 2 ** 20 : null;
  } catch {
    return null;
  }
}
