import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { SearchAttributeType } from '@temporalio/common';
import proto from '@temporalio/proto';
import { AlpacaError } from '../../activities/errors.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import type { ProcessSpec } from './supervised-process.ts';

const CLI_TYPE: Partial<Record<string, string>> = {
  [SearchAttributeType.KEYWORD]: 'Keyword',
  [SearchAttributeType.INT]: 'Int',
  [SearchAttributeType.DOUBLE]: 'Double',
};
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

/** The dev server: its state in a file, so that a run survives its restart. */
export function devServer(options: {
  cli: string;
  port: number;
  uiPort: number;
  databaseFile: string;
  env: NodeJS.ProcessEnv;
}): ProcessSpec {
  return {
    name: 'temporal',
    command: options.cli,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'warn'],
      ...['--port', String(options.port), '--ui-port', String(options.uiPort)],
      ...['--db-filename', options.databaseFile],
      ...FAIR_MATCHING,
      ...['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${SUGGESTED_EVENTS}`],
      ...SEARCH_ATTRIBUTES.flatMap(({ name, type }) => [
        '--search-attribute',
        `${name}=${CLI_TYPE[type] ?? type}`,
      ]),
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

/** Registers what is missing, and returns once the server lists it. */
export async function registerSearchAttributes(options: ConnectionOptions, namespace: string): Promise<void> {
  const connection = await Connection.connect(options);
  try {
    const missing = await missingAttributes(connection, namespace);
    if (missing.length === 0) return;
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(({ name, type }) => [name, API_TYPE[type] ?? 0])),
    });
    const deadline = Date.now() + 60_000;
    while ((await missingAttributes(connection, namespace)).length > 0) {
      if (Date.now() > deadline) throw new Error('the server does not list them after 60 s');
      await sleep(250);
    }
  } catch (error) {
    const command = SEARCH_ATTRIBUTES.map(
      ({ name, type }) => `--name ${name} --type ${CLI_TYPE[type] ?? type}`,
    );
    throw new AlpacaError(
      'Configuration',
      `The search attributes could not be registered with the namespace ${namespace}: ${(error as Error).message}.`,
      {
        remedy: `Let an operator run: temporal operator search-attribute create --namespace ${namespace} ${command.join(' ')}`,
        cause: error,
      },
    );
  } finally {
    await connection.close();
  }
}

async function missingAttributes(connection: Connection, namespace: string) {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return SEARCH_ATTRIBUTES.filter(({ name }) => !(name in (customAttributes ?? {})));
}
