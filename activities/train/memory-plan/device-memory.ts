import { askGpu } from '../../model/gpu.ts';
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

/** @param mebibytes as nvidia-smi writes them, which may be `[N/A]` */
function bytesOf(mebibytes: string | null): number | null {
  const bytes = Number(mebibytes) * 2 ** 20;
  return bytes > 0 ? bytes : null;
}
