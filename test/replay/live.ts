import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { connect } from '../../workers/command/connection.ts';
import { readConfiguration } from '../../workers/configuration.ts';
import { bundleWorkflows } from '../../workers/workflow-bundle.ts';
import { STARTS } from '../../workflows/decisions/start/starts.ts';
import { UNMEASURED } from '../workflow/unmeasured.ts';
import { hasBegun } from './begun.ts';

/**
 * `npm run replay -- --live`, before a deployment: replays by this code what is running now on the server that
 * TEMPORAL_* names, on the task queue of ALPACA_TASK_QUEUE. A run that fails here would stand still under it.
 */
export interface Replayed {
  workflowId: string;
  runId: string;
  /** why this code cannot go on with it; null where it can */
  problem: string | null;
}

export async function* replayRunning(
  client: Client,
  workflowBundle: WorkflowBundle,
  taskQueue: string,
): AsyncGenerator<Replayed> {
  const types = Object.keys(STARTS).map((type) => `"${type}"`);
  const query = `ExecutionStatus = "Running" AND TaskQueue = "${taskQueue}" AND WorkflowType IN (${types.join(', ')})`;
  const histories = begunHistories(client, query);
  for await (const { workflowId, runId, error } of Worker.runReplayHistories(
    { workflowBundle, sinks: UNMEASURED },
    histories,
  ))
    yield { workflowId, runId, problem: error?.message ?? null };
}

async function* begunHistories(client: Client, query: string) {
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    if (hasBegun(history)) yield { workflowId, history };
  }
}

async function main(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { taskQueue } = readConfiguration();
  const client = await connect(null);
  let [replayed, failed] = [0, 0];
  for await (const { workflowId, runId, problem } of replayRunning(
    client,
    await bundleWorkflows(),
    taskQueue,
  )) {
    replayed += 1;
    if (problem !== null) failed += 1;
    console.log(
      problem === null ? `ok      ${workflowId} ${runId}` : `failed  ${workflowId} ${runId}: ${problem}`,
    );
  }
  console.log(`${replayed} running on the queue ${taskQueue}, of which ${failed} cannot go on by this code`);
  if (failed > 0) process.exitCode = 1;
  await client.connection.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
