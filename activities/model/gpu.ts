import { execFileSync } from 'node:child_process';

/**
 * What `nvidia-smi` says of the GPU that this process computes on, without units; null where it says nothing.
 * Which one that is, TensorFlow's settings have decided (`tensorflow.ts`).
 */
export function askGpu(field: Field): string | null {
  return ask([`--id=${process.env.CUDA_VISIBLE_DEVICES}`, `--query-gpu=${field}`])[0] ?? null;
}

/** The same of every GPU that a process of this environment sees; empty where there is none, or nobody says. */
export function askGpus(field: Field): string[] {
  const visible = process.env.CUDA_VISIBLE_DEVICES;
  return ask([...(visible === undefined ? [] : [`--id=${visible}`]), `--query-gpu=${field}`]);
}

type Field = 'name' | 'memory.total';

function ask(query: readonly string[]): string[] {
  try {
    const answer = execFileSync('nvidia-smi', [...query, '--format=csv,noheader,nounits'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
    return answer.split('\n').flatMap((line) => line.trim() || []);
  } catch {
    return [];
  }
}
