import { fileURLToPath } from 'node:url';
import type { ProcessSpec } from './supervised-process.ts';

/** The processes of the environment that are this project's own, as the supervisor starts them. */

export interface ServiceSettings {
  stateFolder: string;
  /** the workers' environment: TEMPORAL_*, ALPACA_* */
  env: NodeJS.ProcessEnv;
}

export function offlineTeacher({ stateFolder, env }: ServiceSettings, port: number): ProcessSpec {
  return program('offline-teacher', '../offline-teacher/main.ts', env, [
    ...['--port', String(port), '--log', `${stateFolder}/teacher.jsonl`],
  ]);
}

export function webService({ env }: ServiceSettings, port: number): ProcessSpec {
  return program('web', '../web/main.ts', env, ['--port', String(port)]);
}

export function dataWorker({ env }: ServiceSettings): ProcessSpec {
  return program('data-worker', '../data-worker.ts', { ...FEW_ARENAS, ...env }, [], EARLY_COLLECTION);
}

/**
 * What keeps a data worker with hundreds of requests in flight at less than half the memory (`npm run bench --
 * generate` prints its peak). Left to itself V8 grows the space for young objects to 128 MB (the flag is half of
 * it, in MB) and lets garbage pile up behind it, and glibc's malloc gives every thread a pool of its own.
 */
const EARLY_COLLECTION = ['--max-semi-space-size=4', '--heap-growing-percent=20'];
const FEW_ARENAS = { MALLOC_ARENA_MAX: '2' };

/** @param port where it serves trained models */
export function gpuWorker({ env }: ServiceSettings, port: number): ProcessSpec {
  return program('gpu-worker', '../gpu-worker.ts', { ...env, ALPACA_SERVE_PORT: String(port) });
}

function program(
  name: string,
  file: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[] = [],
  nodeFlags: readonly string[] = [],
): ProcessSpec {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return {
    name,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', ...nodeFlags, path, ...args],
    env,
  };
}
