import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { AlpacaError } from '../activities/errors.ts';
import { describeIssue } from '../workflows/decisions/issue-text.ts';

/**
 * A worker's configuration, from its environment alone: secrets and endpoints never travel in a
 * workflow's input. Temporal's own settings (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, keys, TLS, profiles)
 * are read by @temporalio/envconfig.
 */
const environment = z.object({
  ALPACA_STORE: z.string().min(1).default('.alpaca/store'),
  ALPACA_IMPORT_FOLDERS: z.string().default(''),
  ALPACA_TEACHERS: z.string().optional(),
  ALPACA_PRICES: z.string().optional(),
  ALPACA_OFFLINE_TEACHER_URL: z.url().optional(),
  ALPACA_TASK_QUEUE: z.string().min(1).default('alpaca'),
  ALPACA_STOP_WITHIN_SECONDS: z.coerce.number().min(1).max(86_400).optional(),
  ALPACA_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

export interface WorkerConfiguration {
  /** the folder of the content-addressed store, shared by every worker of a fleet */
  store: string;
  /** bare paths in an input are read only from beneath these */
  importFolders: string[];
  /** a JSON file of teacher profiles; see docs/teachers.md */
  teachersFile: string | undefined;
  /** a JSON file of prices by model name, which win over the package's own */
  pricesFile: string | undefined;
  /** where the embedded environment's offline teacher listens: its OpenAI-compatible base URL */
  offlineTeacherUrl: string | undefined;
  taskQueue: string;
  /** how long a worker that is told to stop may take; undefined: as long as what it does may need */
  stopWithinMs: number | undefined;
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
}

/** Reads the configuration; a wrong value is named by its variable. Paths are made absolute. */
export function readConfiguration(env: NodeJS.ProcessEnv = process.env): WorkerConfiguration {
  const checked = environment.safeParse(env);
  if (!checked.success) {
    const wrong = checked.error.issues.map((issue) => describeIssue(issue, env)).join('; ');
    throw new AlpacaError('Configuration', `The environment variable ${wrong}.`, {
      remedy: 'Mend or unset it.',
    });
  }
  const found = checked.data;
  return {
    store: resolve(found.ALPACA_STORE.replace(/^~(?=\/)/, homedir())),
    importFolders: found.ALPACA_IMPORT_FOLDERS.split(':')
      .filter(Boolean)
      .map((folder) => resolve(folder)),
    teachersFile: found.ALPACA_TEACHERS === undefined ? undefined : resolve(found.ALPACA_TEACHERS),
    pricesFile: found.ALPACA_PRICES === undefined ? undefined : resolve(found.ALPACA_PRICES),
    offlineTeacherUrl: found.ALPACA_OFFLINE_TEACHER_URL,
    taskQueue: found.ALPACA_TASK_QUEUE,
    stopWithinMs:
      found.ALPACA_STOP_WITHIN_SECONDS === undefined ? undefined : found.ALPACA_STOP_WITHIN_SECONDS * 1000,
    logLevel: found.ALPACA_LOG_LEVEL,
  };
}
