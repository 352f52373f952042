import { fileURLToPath } from 'node:url';
import { isBucketUrl } from '../../activities/artifacts/stores/s3-bucket.ts';
import { withoutSecretVariables } from '../../activities/process/child-environment.ts';
import { EARLY_COLLECTION } from '../../activities/process/early-collection.ts';
import type { LocalModel } from '../../activities/teacher/profile/local-profile.ts';
import type { ProcessSpec } from './supervised-process.ts';

/** The processes of the environment that are this project's own, as the supervisor starts them. */

export interface ServiceSettings {
  stateFolder: string;
  /** the workers' environment: TEMPORAL_*, ALPACA_*, and the keys of teachers, which the data worker alone gets */
  env: NodeJS.ProcessEnv;
}

export function offlineTeacher({ stateFolder, env }: ServiceSettings, port: number): ProcessSpec {
  return program('offline-teacher', '../offline-teacher/main.ts', withoutSecretVariables(env), [
    ...['--port', String(port), '--log', `${stateFolder}/teacher.jsonl`],
  ]);
}

/** The same of a language model by llama.cpp, which runs where a run asks for it. */
export function localTeacher({ env }: ServiceSettings, model: LocalModel, port: number): ProcessSpec {
  const args = Object.entries({ ...model, port }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return program('local-teacher', '../serve/local-teacher/main.ts', withoutSecretVariables(env), args);
}

export function webService(settings: ServiceSettings, port: number): ProcessSpec {
  const env = withoutSecretVariables(
    settings.env,
    kept(settings, 'OTEL_|TEMPORAL_|ALPACA_(WEB|RATERS|SERVE)_TOKEN$'),
  );
  const args = ['--port', String(port)];
  return program('web', '../web/main.ts', { ...FEW_ARENAS, ...env }, args, EARLY_COLLECTION);
}

export function dataWorker({ env }: ServiceSettings): ProcessSpec {
  return program('data-worker', '../data-worker.ts', { ...FEW_ARENAS, ...env }, [], EARLY_COLLECTION);
}

/**
 * glibc's malloc would give every thread a pool of its own. With early collection this keeps a data worker with
 * hundreds of requests in flight at less than half the memory (`npm run bench -- generate` prints its peak), and a web
 * service with hundreds of followers under 200 MB (`npm run bench -- http`).
 */
const FEW_ARENAS = { MALLOC_ARENA_MAX: '2' };

/** @param port where it serves trained models */
export function gpuWorker(settings: ServiceSettings, port: number): ProcessSpec {
  const env = withoutSecretVariables(settings.env, kept(settings, 'OTEL_|TEMPORAL_|ALPACA_SERVE_TOKEN$'));
  const own = { ALPACA_SERVE_PORT: String(port), ...metricsBeside(env) };
  return program('gpu-worker', '../gpu-worker.ts', { ...env, ...own });
}

/** Two workers of one machine: the metrics of the second are at the port behind those of the first. */
function metricsBeside({ ALPACA_METRICS_PORT: port }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return port ? { ALPACA_METRICS_PORT: String(Number(port) + 1) } : {};
}

/** What a process needs of the variables that hold secrets: a store in a bucket is reached with those of AWS. */
function kept({ env }: ServiceSettings, names: string): RegExp {
  return new RegExp(`^(${isBucketUrl(env.ALPACA_STORE ?? '') ? 'AWS_|' : ''}${names})`);
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
