import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { SearchAttributeType } from '@temporalio/common';
import proto from '@temporalio/proto';
import { AlpacaError } from '../../activities/errors.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { checkSearchAttributes, registerRemedy, typeName } from '../fleet/namespace.ts';
import type { ProcessSpec, SupervisedProcess } from './supervised-process.ts';

const { Duration } = proto.google.protobuf;
const { IndexedValueType } = proto.temporal.api.enums.v1;
const API_TYPE: Partial<Record<string, proto.temporal.api.enums.v1.IndexedValueType>> = {
  [SearchAttributeType.KEYWORD]: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  [SearchAttributeType.INT]: IndexedValueType.INDEXED_VALUE_TYPE_INT,
  [SearchAttributeType.DOUBLE]: IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
};

/**
 * Without the first two a dev server of version 1.5 heeds neither priorities nor fairness keys; and each
 * partition of a queue is fair only within itself, so there is one to write to. Reading stays as it is: a
 * state file of before may have tasks in the others.
 */
export const FAIR_MATCHING = [
  ...['--dynamic-config-value', 'matching.useNewMatcher=true'],
  ...['--dynamic-config-value', 'matching.enableFairness=true'],
  ...['--dynamic-config-value', 'matching.numTaskqueueWritePartitions=1'],
];

/**
 * The dev server answers HTTP beside gRPC, on a port of its own, and asks nobody who he is: a page of any site could
 * start workflows there by a POST that its browser sends without asking. This is the one host that it answers for:
 * there is none of that name.
 */
const NO_HTTP_API = ['--dynamic-config-value', 'frontend.httpAllowedHosts=["no.host.invalid"]'];

export interface DevServer {
  cli: string;
  /** where it listens; this machine alone by default */
  ip?: string;
  port: number;
  /** null: without its web pages */
  uiPort: number | null;
  databaseFile: string;
  env: NodeJS.ProcessEnv;
  /** of its namespace */
  searchAttributes?: readonly (typeof SEARCH_ATTRIBUTES)[number][];
  /** where Prometheus would read its metrics; any port by default */
  metricsPort?: number;
  /** where it refuses HTTP; any port by default */
  httpPort?: number;
}

/** The dev server: its state in a file, so that a run survives its restart. */
export function devServer(options: DevServer): ProcessSpec {
  const { ip = '127.0.0.1', searchAttributes = SEARCH_ATTRIBUTES, uiPort, metricsPort, httpPort } = options;
  return {
    name: 'temporal',
    command: options.cli,
    args: [
      ...['server', 'start-dev', '--ip', ip, '--log-level', 'warn'],
      ...[
        '--port',
        String(options.port),
        ...(uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort)]),
      ],
      ...['--db-filename', options.databaseFile],
      ...FAIR_MATCHING,
      ...NO_HTTP_API,
      ...['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${SUGGESTED_EVENTS}`],
      ...(metricsPort === undefined ? [] : ['--metrics-port', String(metricsPort)]),
      ...(httpPort === undefined ? [] : ['--http-port', String(httpPort)]),
      ...searchAttributes.flatMap((found) => ['--search-attribute', `${found.name}=${typeName(found)}`]),
    ],
    env: options.env,
  };
}

/**
 * Events after which a workflow is to continue as new; the server's own figure is 4,096. Each time a window
 * of requests runs empty, so fewer is faster; what a window of 256 adds while it does stays below 10,000.
 */
const SUGGESTED_EVENTS = 7000;

/** A server that is there answers at once; on a machine that is busy, some seconds later. */
const ANSWERS_WITHIN_MS = 8000;

/** True once the server at the address serves the namespace. */
export async function answers(options: ConnectionOptions, namespace: string): Promise<boolean> {
  try {
    const connection = await Connection.connect({ ...options, connectTimeout: ANSWERS_WITHIN_MS });
    try {
      await connection.workflowService.describeNamespace({ namespace });
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}

/** How long a server that is another's answers at the most before ours has ended for want of its port. */
const ANOTHERS_MS = 10_000;

/**
 * Whether the server that answers is the one that was started: it says so. At a port that was taken meanwhile another's
 * answers. A version that says it otherwise is taken for itself once it has lived for ten seconds beside the answers.
 */
export function startedItself(
  server: Pick<SupervisedProcess, 'hasSaid'>,
  isAnswered: () => Promise<boolean>,
  now = Date.now,
): () => Promise<boolean> {
  let since: number | null = null;
  return async () => {
    if (!(await isAnswered())) return false;
    since ??= now();
    return server.hasSaid('Server:') || now() - since > ANOTHERS_MS;
  };
}

/** The default is a day. A run that has ended is asked for, and its history looked at, for as long as its store is kept. */
const KEPT_SECONDS = 10 * 365 * 86_400;

/** Has the dev server keep runs that end from now on for ten years: it takes no such setting at its start. */
export async function keepEndedRuns(options: ConnectionOptions, namespace: string): Promise<void> {
  const connection = await Connection.connect(options);
  try {
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: Duration.fromObject({ seconds: KEPT_SECONDS }) },
    });
  } finally {
    await connection.close();
  }
}

/**
 * Registers what is missing, and returns once the server has it. A server that takes no registration, as Temporal
 * Cloud with a namespace's rights, tells by the remedy who can.
 *
 * @throws AlpacaError Configuration
 */
export async function registerSearchAttributes(options: ConnectionOptions, namespace: string): Promise<void> {
  const connection = await Connection.connect(options);
  const { workflowService, operatorService } = connection;
  const check = () =>
    checkSearchAttributes({
      count: (query) => workflowService.countWorkflowExecutions({ namespace, query }),
    });
  try {
    const { missing } = await check();
    if (missing.length === 0) return;
    try {
      await operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(missing.map(({ name, type }) => [name, API_TYPE[type] ?? 0])),
      });
      const deadline = Date.now() + 60_000;
      while ((await check()).missing.length > 0) {
        if (Date.now() > deadline) throw new Error('the server does not know them after 60 s');
        await sleep(250);
      }
    } catch (error) {
      throw new AlpacaError(
        'Configuration',
        `The search attributes could not be registered with the namespace ${namespace}: ${(error as Error).message}.`,
        { remedy: registerRemedy({ address: options.address ?? '', namespace }, missing), cause: error },
      );
    }
  } finally {
    await connection.close();
  }
}
