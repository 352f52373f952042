import { hostname } from 'node:os';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import {
  GracefulShutdownPeriodExpiredError,
  NativeConnection,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import type { ArtifactStore } from '../activities/artifacts/store.ts';
import type { Attempt } from '../activities/attempt.ts';
import { AlpacaError } from '../activities/errors.ts';
import { log, startLog } from '../activities/log.ts';
import { answersOnTheWay } from '../activities/teacher/ledger/on-the-way.ts';
import { taskQueuesOf, WORKER_ROLES, type WorkerRole } from '../workflows/contracts/run.ts';
import type { WorkerConfiguration } from './configuration.ts';
import { type AdvertisedDevice, deviceLine } from './fleet/device-line.ts';
import { watchHealth } from './fleet/health-watch.ts';
import { MeasuredRuns } from './fleet/measured-runs.ts';
import { meetNamespace } from './fleet/meet-namespace.ts';
import { showPresence } from './fleet/presence.ts';
import { installRuntime } from './fleet/runtime.ts';
import { startTracing, type Tracing } from './fleet/tracing.ts';
import { watchUnpolled } from './fleet/unpolled-watch.ts';
import { storeCheck } from './store-check.ts';

/** What a process does of one role. */
type RoleWork = Pick<WorkerOptions, 'activities' | 'workflowBundle' | 'nexusServices'>;

export interface OwnWork {
  /** each role has a queue, slots and a Temporal worker of its own */
  roles: Partial<Record<WorkerRole, RoleWork>>;
  /** how long it may take to stop, in milliseconds: as the configuration says, else as what it does may need */
  stopWithinMs: number;
  /** finds out what it computes on, which is told on standard output, and where Temporal lists who polls */
  device?: (attempt: Attempt) => Promise<AdvertisedDevice>;
}

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

/** What stands beside a worker in its process, and ends with it. */
export interface Neighbour {
  /** is said with the worker's own line, once it works */
  ready: Record<string, unknown>;
  close(): Promise<void>;
}

/**
 * What the data worker and the GPU worker share: the connection (from the standard TEMPORAL_* environment),
 * the check that the namespace can take our search attributes, health, and an orderly end.
 *
 * @param store is looked at before any work
 * @param describe says what it works at, given a client of the same server
 * @param beside starts what stands beside it, given the same
 */
export async function runWorker(
  configuration: WorkerConfiguration,
  store: ArtifactStore,
  describe: (client: Client) => OwnWork,
  beside: (client: Client) => Promise<Neighbour> | null = () => null,
): Promise<void> {
  const metricsUrl = installRuntime(configuration, STOP_SIGNALS);
  const tracing = await startTracing('alpaca-worker');
  await store.check();
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const address = connectionOptions.address ?? '127.0.0.1:7233';
  const connection = await NativeConnection.connect({ ...connectionOptions, address }).catch(
    (error: unknown) => {
      throw new AlpacaError('Configuration', `No Temporal server answers at ${address}.`, {
        remedy: 'Start one with `npm run up`, or set TEMPORAL_ADDRESS.',
        cause: error,
      });
    },
  );
  try {
    await meetNamespace(connection, { address, namespace }, configuration.taskQueue);
    const client = new Client({ connection, namespace });
    const { roles, stopWithinMs, device } = describe(client);
    const runs = new MeasuredRuns(client);
    const place = { connection, namespace, stopWithinMs, store, runs, tracing };
    const workers = await Promise.all(
      WORKER_ROLES.flatMap((role) => {
        const work = roles[role];
        return work === undefined ? [] : [createWorker(role, work, configuration, place)];
      }),
    );
    sayThatItStops(stopWithinMs);
    const neighbour = await beside(client);
    const health = await watchHealth(configuration.health, connection, workers);
    const fleet = watchUnpolled(client, configuration.taskQueue);
    const queues = WORKER_ROLES.filter((role) => role in roles).map(
      (role) => taskQueuesOf(configuration.taskQueue)[role],
    );
    const ending = new AbortController();
    let identity = `${process.pid}@${hostname()}`;
    const presence = showPresence(
      { ...connectionOptions, address },
      { namespace, identity: () => identity, queues },
    );
    try {
      const running = runTogether(workers);
      const ready = {
        ready: true,
        taskQueues: queues,
        pid: process.pid,
        stopWithinSeconds: stopWithinMs / 1000,
        ...(health.url === null ? {} : { healthUrl: health.url }),
        ...(metricsUrl === null ? {} : { metricsUrl }),
        ...neighbour?.ready,
      };
      process.stdout.write(`${JSON.stringify(ready)}\n`);
      device?.({ signal: ending.signal, report() {} }).then(
        (known) => {
          process.stdout.write(`${JSON.stringify(known)}\n`);
          identity += ` ${deviceLine(known)}`;
        },
        (error) => ending.signal.aborted || log.failure(error),
      );
      await running.catch(gaveUp(stopWithinMs));
    } finally {
      ending.abort();
      fleet.close();
      runs.close();
      await presence.close();
      await health.close();
      await neighbour?.close();
      await tracing.close();
    }
  } catch (error) {
    // Workers that never ran hold it: what is wrong is to be said, and not that.
    await connection.close().catch(() => {});
    throw error;
  }
  await connection.close();
}

interface WorkerPlace {
  connection: NativeConnection;
  namespace: string;
  stopWithinMs: number;
  store: ArtifactStore;
  runs: MeasuredRuns;
  tracing: Tracing;
}

/**
 * Workflows whose state is kept between two of their tasks; another’s is made anew from its history. One takes 5 to
 * 8 MB here, and the SDK would keep as many as its own small ones fill a heap: 2,300, which no heap holds of ours.
 */
const KEPT_WORKFLOWS = 100;

function createWorker(
  role: WorkerRole,
  work: RoleWork,
  { taskQueue, slots }: WorkerConfiguration,
  { stopWithinMs, store, runs, tracing, ...place }: WorkerPlace,
): Promise<Worker> {
  const { atOnce, pollers } = slots[role];
  return Worker.create({
    ...work,
    ...place,
    taskQueue: taskQueuesOf(taskQueue)[role],
    interceptors: { activity: [...tracing.activities, () => ({ inbound: storeCheck(store) })] },
    sinks: { ...runs.sinks, ...tracing.sinks },
    ...(role === 'workflows'
      ? {
          maxConcurrentWorkflowTaskExecutions: atOnce,
          maxConcurrentWorkflowTaskPolls: pollers,
          maxCachedWorkflows: Math.max(KEPT_WORKFLOWS, atOnce),
          // What begins a workflow is a local activity: this queue has no others.
          enableNonLocalActivities: false,
        }
      : { maxConcurrentActivityTaskExecutions: atOnce, maxConcurrentActivityTaskPolls: pollers }),
    // Attempts keep to what their workflow says (ALPACA_HEARTBEAT_SECONDS): each heartbeat is sent, at once.
    maxHeartbeatThrottleInterval: '500ms',
    defaultHeartbeatThrottleInterval: '500ms',
    // Attempts hear of a stop at once: they send nothing more, and wait for what is paid for or save what they have.
    shutdownGraceTime: 0,
    shutdownForceTime: stopWithinMs,
  });
}

/** Where one ends by itself the others end in order: a process that does half of its work would look well. */
async function runTogether(workers: readonly Worker[]): Promise<void> {
  const ended = await Promise.allSettled(
    workers.map((worker) =>
      worker.run().finally(() => {
        for (const other of workers) if (other.getState() === 'RUNNING') other.shutdown();
      }),
    ),
  );
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}

/** The first signal stops it in order; the second, which nobody catches any more, at once. */
function sayThatItStops(stopWithinMs: number): void {
  const say = () => {
    for (const signal of STOP_SIGNALS) process.off(signal, say);
    const stopping = { stopping: true, answers: answersOnTheWay(), withinSeconds: stopWithinMs / 1000 };
    process.stdout.write(`${JSON.stringify(stopping)}\n`);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, say);
}

function gaveUp(stopWithinMs: number): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof GracefulShutdownPeriodExpiredError)) throw error;
    const answers = answersOnTheWay();
    log.warn(
      `Stopped after ${stopWithinMs / 1000} s with work left${answers === 0 ? '' : `, ${answers} answers that are paid for among it`}. Set ALPACA_STOP_WITHIN_SECONDS to more, and whatever sends the second signal with it.`,
    );
    process.exit(1);
  };
}

/**
 * Runs a service's main function: an expected failure is one sentence, a defect keeps its stack. One that failed
 * ends, whatever of it still runs.
 */
export async function main(run: () => Promise<void>): Promise<void> {
  startLog('info');
  try {
    await run();
  } catch (error) {
    log.failure(error);
    process.exit(1);
  }
}
