import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import {
  DefaultLogger,
  GracefulShutdownPeriodExpiredError,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { AlpacaError } from '../activities/errors.ts';
import { answersOnTheWay } from '../activities/teacher/ledger/on-the-way.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import type { WorkerConfiguration } from './configuration.ts';

type OwnOptions = Pick<
  WorkerOptions,
  | 'taskQueue'
  | 'activities'
  | 'workflowBundle'
  | 'maxConcurrentActivityTaskExecutions'
  | 'maxConcurrentActivityTaskPolls'
> & {
  /** how long it may take to stop where the configuration does not say, in milliseconds */
  stopWithinMs: number;
};

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

/** What stands beside a worker in its process, and ends with it. */
export interface Neighbour {
  /** is said with the worker's own line, once it works */
  ready: Record<string, unknown>;
  close(): Promise<void>;
}

/**
 * What the data worker and the GPU worker share: the connection (from the standard TEMPORAL_* environment),
 * the check that the namespace can take our search attributes, and an orderly end.
 *
 * @param describe says what it works at, given a client of the same server
 * @param beside starts what stands beside it, given the same
 */
export async function runWorker(
  configuration: WorkerConfiguration,
  describe: (client: Client) => OwnOptions,
  beside: (client: Client) => Promise<Neighbour> | null = () => null,
): Promise<void> {
  const level = configuration.logLevel.toUpperCase() as 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  Runtime.install({
    logger: new DefaultLogger(level, ({ level: at, message, meta }) => {
      console.error(
        `${new Date().toISOString()} ${at} ${message}`,
        meta && Object.keys(meta).length > 0 ? JSON.stringify(meta, plainErrors) : '',
      );
    }),
    shutdownSignals: [...STOP_SIGNALS],
  });
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
    await requireSearchAttributes(connection, namespace);
    const client = new Client({ connection, namespace });
    const { stopWithinMs: needed, ...options } = describe(client);
    const stopWithinMs = configuration.stopWithinMs ?? needed;
    const worker = await Worker.create({
      ...options,
      connection,
      namespace,
      // Heartbeats are throttled to 0.8 of the timeout by default: cancellation is to arrive with the next one.
      maxHeartbeatThrottleInterval: '500ms',
      defaultHeartbeatThrottleInterval: '500ms',
      // Attempts hear of a stop at once: they send nothing more, and wait for what is paid for or save what they have.
      shutdownGraceTime: 0,
      shutdownForceTime: stopWithinMs,
    });
    sayThatItStops(stopWithinMs);
    const neighbour = await beside(client);
    try {
      const running = worker.run();
      const { taskQueue } = options;
      process.stdout.write(
        `${JSON.stringify({ ready: true, taskQueue, pid: process.pid, stopWithinSeconds: stopWithinMs / 1000, ...neighbour?.ready })}\n`,
      );
      await running.catch(gaveUp(stopWithinMs));
    } finally {
      await neighbour?.close();
    }
  } finally {
    await connection.close();
  }
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
    console.error(
      `Stopped after ${stopWithinMs / 1000} s with work left${answers === 0 ? '' : `, ${answers} answers that are paid for among it`}. Set ALPACA_STOP_WITHIN_SECONDS to more, and whatever sends the second signal with it.`,
    );
    process.exit(1);
  };
}

/** Unregistered search attributes fail a workflow task for ever: better not to start at all. */
async function requireSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = SEARCH_ATTRIBUTES.filter(({ name }) => !(name in (customAttributes ?? {})));
  if (missing.length === 0) return;
  const command = missing
    .map(({ name, type }) => `--name ${name} --type ${CLI_TYPE[type] ?? type}`)
    .join(' ');
  throw new AlpacaError(
    'Configuration',
    `The namespace ${namespace} lacks the search attributes ${missing.map(({ name }) => name).join(', ')}.`,
    {
      remedy: `Register them: temporal operator search-attribute create --namespace ${namespace} ${command}`,
    },
  );
}

const CLI_TYPE: Partial<Record<string, string>> = { KEYWORD: 'Keyword', INT: 'Int', DOUBLE: 'Double' };

function plainErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value;
}

/** Runs a worker's main function: an expected failure is one sentence, a defect keeps its stack. */
export async function main(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    console.error(error instanceof AlpacaError ? error.message : error);
    process.exitCode = 1;
  }
}
