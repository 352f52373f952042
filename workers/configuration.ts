import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { CacheSettings } from '../activities/artifacts/stores/cache.ts';
import { isBucketUrl } from '../activities/artifacts/stores/s3-bucket.ts';
import { AlpacaError } from '../activities/errors.ts';
import type { LogLevel } from '../activities/log.ts';
import { type AllowedEndpoints, readAllowedEndpoints } from '../activities/notify/allowed.ts';
import type { TrainingPrograms } from '../activities/train/torchrun/torchrun.ts';
import { DEFAULT_HEARTBEAT_SECONDS } from '../workflows/contracts/run/start.ts';
import type { WorkerRole } from '../workflows/contracts/run.ts';
import { describeIssue } from '../workflows/decisions/issue-text.ts';
import { port } from './listening.ts';

/**
 * A worker's configuration, from its environment alone: secrets and endpoints never travel in a
 * workflow's input. Temporal's own settings (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, keys, TLS, profiles)
 * are read by @temporalio/envconfig.
 */
const DATA_ROLES = ['workflows', 'requests', 'processing'] as const;
const ROLES = /^\s*(workflows|requests|processing)\s*(,\s*(workflows|requests|processing)\s*)*$/;

/** A whole number as text. */
const count = (least: number, most: number, usual: number) =>
  z.coerce.number().int().min(least).max(most).default(usual);

/** What the figures are for is in docs/workers.md. */
const environment = z.object({
  ALPACA_STORE: z.string().min(1).default('.alpaca/store'),
  ALPACA_STORE_CACHE: z.string().optional(),
  ALPACA_STORE_CACHE_BYTES: count(0, Number.MAX_SAFE_INTEGER, 50e9),
  ALPACA_IMPORT_FOLDERS: z.string().default(''),
  ALPACA_HUB_OWNERS: z.string().default(''),
  ALPACA_TEACHERS: z.string().optional(),
  ALPACA_PRICES: z.string().optional(),
  ALPACA_OFFLINE_TEACHER_URL: z.url().optional(),
  ALPACA_TASK_QUEUE: z.string().min(1).default('alpaca'),
  ALPACA_WORKER_ROLES: z
    .string()
    .regex(ROLES, 'expected one or more of workflows, requests and processing, separated by commas')
    .default(DATA_ROLES.join(',')),
  ALPACA_WORKFLOW_SLOTS: count(2, 2000, 40),
  ALPACA_WORKFLOW_POLLERS: count(2, 100, 10),
  ALPACA_REQUEST_SLOTS: count(1, 2000, 300),
  ALPACA_REQUEST_POLLERS: count(1, 100, 40),
  ALPACA_PROCESSING_SLOTS: count(1, 2000, 8),
  ALPACA_PROCESSING_POLLERS: count(1, 100, 4),
  ALPACA_HEARTBEAT_SECONDS: count(1, 60, DEFAULT_HEARTBEAT_SECONDS),
  ALPACA_NEXUS: z.stringbool().default(false),
  ALPACA_HEALTH_PORT: port.optional(),
  ALPACA_HEALTH_HOST: z.string().default('127.0.0.1'),
  ALPACA_METRICS_PORT: port
    .pipe(z.number().min(1, 'a port of metrics is one that is known: 1 to 65535'))
    .optional(),
  ALPACA_METRICS_HOST: z.string().default('127.0.0.1'),
  ALPACA_STOP_WITHIN_SECONDS: z.coerce.number().min(1).max(86_400).optional(),
  ALPACA_WEBHOOK_HOSTS: z.string().default(''),
  ALPACA_WEBHOOK_NETWORKS: z.string().default(''),
  ALPACA_LOG_FORMAT: z.enum(['text', 'json']).default('text'),
  ALPACA_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

/** How much of one kind of work a process does at once, and by how many calls that wait it fetches it. */
interface RoleSlots {
  atOnce: number;
  pollers: number;
}

export interface WorkerConfiguration {
  /** the content-addressed store, shared by every worker of a fleet: a folder, or `s3://BUCKET/PREFIX` */
  store: string;
  /** of a store in a bucket: where this machine keeps what it reads and makes */
  cache: CacheSettings;
  /** bare paths in an input are read only from beneath these */
  importFolders: string[];
  /** whose models and data sets of the hub an input may name; '*' for everybody's */
  hubOwners: string[];
  /** a JSON file of teacher profiles; see docs/teachers.md */
  teachersFile: string | undefined;
  /** a JSON file of prices by model name, which win over the package's own */
  pricesFile: string | undefined;
  /** where the embedded environment's offline teacher listens: its OpenAI-compatible base URL */
  offlineTeacherUrl: string | undefined;
  /** where runs are started; the queues of the other roles are named after it */
  taskQueue: string;
  /** what a data worker's process does */
  roles: readonly (typeof DATA_ROLES)[number][];
  slots: Readonly<Record<WorkerRole, RoleSlots>>;
  /** whether workflows of other namespaces may start some, by Nexus */
  nexus: boolean;
  /** between two heartbeats of an activity */
  heartbeatSeconds: number;
  /** where `/healthz` and `/readyz` answer; null: nowhere */
  health: { host: string; port: number } | null;
  /** where Prometheus finds `/metrics`; null: nowhere */
  metrics: { host: string; port: number } | null;
  /** how long a worker that is told to stop may take; undefined: as long as what it does may need */
  stopWithinMs: number | undefined;
  /** where runs may send their events */
  webhooks: AllowedEndpoints;
  logLevel: LogLevel;
}

/** Reads the configuration; a wrong value is named by its variable, an empty one counts as unset. Paths are made absolute. */
export function readConfiguration(env: NodeJS.ProcessEnv = process.env): WorkerConfiguration {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const checked = environment.safeParse(given);
  if (!checked.success) {
    const wrong = checked.error.issues.map((issue) => describeIssue(issue, env)).join('; ');
    throw new AlpacaError('Configuration', `The environment variable ${wrong}.`, {
      remedy: 'Mend or unset it.',
    });
  }
  const found = checked.data;
  return {
    store: isBucketUrl(found.ALPACA_STORE) ? found.ALPACA_STORE : atHome(found.ALPACA_STORE),
    cache: {
      folder: atHome(found.ALPACA_STORE_CACHE ?? join(usersCache(env), 'store')),
      mostBytes: found.ALPACA_STORE_CACHE_BYTES,
    },
    importFolders: found.ALPACA_IMPORT_FOLDERS.split(':')
      .filter(Boolean)
      .map((folder) => resolve(folder)),
    hubOwners: found.ALPACA_HUB_OWNERS.split(',')
      .map((owner) => owner.trim())
      .filter(Boolean),
    teachersFile: found.ALPACA_TEACHERS === undefined ? undefined : resolve(found.ALPACA_TEACHERS),
    pricesFile: found.ALPACA_PRICES === undefined ? undefined : resolve(found.ALPACA_PRICES),
    offlineTeacherUrl: found.ALPACA_OFFLINE_TEACHER_URL,
    taskQueue: found.ALPACA_TASK_QUEUE,
    roles: DATA_ROLES.filter((role) => found.ALPACA_WORKER_ROLES.includes(role)),
    slots: {
      workflows: slots(found.ALPACA_WORKFLOW_SLOTS, found.ALPACA_WORKFLOW_POLLERS),
      requests: slots(found.ALPACA_REQUEST_SLOTS, found.ALPACA_REQUEST_POLLERS),
      processing: slots(found.ALPACA_PROCESSING_SLOTS, found.ALPACA_PROCESSING_POLLERS),
      // One model at a time has the whole device.
      gpu: slots(1, 1),
    },
    nexus: found.ALPACA_NEXUS,
    heartbeatSeconds: found.ALPACA_HEARTBEAT_SECONDS,
    health:
      found.ALPACA_HEALTH_PORT === undefined
        ? null
        : { host: found.ALPACA_HEALTH_HOST, port: found.ALPACA_HEALTH_PORT },
    metrics:
      found.ALPACA_METRICS_PORT === undefined
        ? null
        : { host: found.ALPACA_METRICS_HOST, port: found.ALPACA_METRICS_PORT },
    stopWithinMs:
      found.ALPACA_STOP_WITHIN_SECONDS === undefined ? undefined : found.ALPACA_STOP_WITHIN_SECONDS * 1000,
    webhooks: readAllowedEndpoints(found.ALPACA_WEBHOOK_HOSTS, found.ALPACA_WEBHOOK_NETWORKS),
    logLevel: found.ALPACA_LOG_LEVEL,
  };
}

/** What `workers/setup/optional/torch.mjs` has made there: the newest, where there are several. */
function pythonIn(cache: string): string | null {
  const isWhole = new RegExp(`^torch-[\\d.]+-${process.platform}-${process.arch}$`);
  try {
    const made = readdirSync(cache).filter((name) => isWhole.test(name));
    const newest = made.toSorted(new Intl.Collator('en', { numeric: true }).compare).at(-1);
    return newest === undefined ? null : join(cache, newest, 'bin', 'python');
  } catch {
    return null;
  }
}

/** Where set-up keeps what outlives a clone, too. */
function usersCache(env: NodeJS.ProcessEnv): string {
  return env.ALPACA_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'alpaca-temporal');
}

/**
 * What the engines of a training run here: the Python that ALPACA_PYTHON names, else what `alpaca setup torch` has made,
 * if it has; the folder of ALPACA_TRAIN_COMMANDS; and by ALPACA_NODE_ADDRESS where other machines reach this one.
 */
export function trainingPrograms(env: NodeJS.ProcessEnv = process.env): TrainingPrograms {
  return {
    python: env.ALPACA_PYTHON || pythonIn(usersCache(env)),
    commands: env.ALPACA_TRAIN_COMMANDS ? resolve(env.ALPACA_TRAIN_COMMANDS) : null,
    address: env.ALPACA_NODE_ADDRESS || null,
  };
}

function atHome(path: string): string {
  return resolve(path.replace(/^~(?=\/)/, homedir()));
}

/** More polls than slots would fetch what must wait. */
function slots(atOnce: number, pollers: number): RoleSlots {
  return { atOnce, pollers: Math.min(atOnce, pollers) };
}
