import { execFileSync } from 'node:child_process';

/**
 * What `nvidia-smi` says of the GPU that this process computes on, without units; null where it says nothing.
 * Which one that is, TensorFlow's settings have decided (`tensorflow.ts`).
 */
export function askGpu(field: 'name' | 'memory.total'): string | null {
  const gpu = `--id=${process.env.CUDA_VISIBLE_DEVICES}`;
  const query = [gpu, `--query-gpu=${field}`, '--format=csv,noheader,nounits'];
  try {
    const answer = execFileSync('nvidia-smi', query, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
    return answer.split('\n')[0]?.trim() || null;
  } catch {
    return null;
  }
}
