import { createHash } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { AlpacaInput } from '../../../workflows/contracts/pipeline.ts';
import { STARTED_BY } from '../../../workflows/contracts/run/said.ts';
import { summaryOf } from '../../../workflows/decisions/screen/summary-text.ts';
import { readConfiguration } from '../../configuration.ts';
import type { Environment } from '../../embedded/environment-file.ts';
import { connect, followingOf, uiUrlOf } from '../connection.ts';
import { useEnvironment } from '../environment.ts';
import { Interrupted } from '../outcome.ts';
import { openStore } from '../place.ts';
import { whoIsLoggedIn } from '../runs.ts';
import type { Terminal } from '../terminal.ts';
import { confirmSpending, requireBudget, requirePaidEmbedding, teachersOf } from './estimate.ts';
import { followRun } from './follow.ts';
import { statePrice } from './price.ts';
import {
  buildRunInput,
  checkNamedFiles,
  importNamedFiles,
  learningRateWarning,
  type RunInputOptions,
} from './run-input.ts';
import { showEnd } from './show-end.ts';

export interface RunOptions extends RunInputOptions {
  workflowId?: string;
  keep?: boolean;
  existing?: boolean;
  yes?: boolean;
  price?: string;
}

/**
 * `npm start`: the environment, one `alpaca` workflow, its progress, its summary. A run of the same input
 * that is still open is followed and not started again.
 */
export async function run(options: RunOptions, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const asked = await buildRunInput(options);
  await checkNamedFiles(asked);
  const warning = await learningRateWarning(asked);
  if (warning !== null) terminal.say(warning);
  const variable = await statePrice(options.price, teachersOf(asked));
  const paid = [
    ...(await requireBudget(teachersOf(asked), asked.budgetUsd)),
    ...(await requirePaidEmbedding(asked.dedupe.embedding, asked.budgetUsd)),
  ];
  const teachers = teachersOf(asked);
  const standing = await useEnvironment({ ...options, teachers, signal }, terminal);
  try {
    const { environment } = standing;
    if (variable !== null && !isOwn(environment))
      terminal.say(
        `--price reaches the workers that this command starts; one that stood before counts by ${variable} of its own environment`,
      );
    const input = await importNamedFiles(asked, environment.store);
    await confirmSpending(input, paid, environment.store, options.yes ?? false, terminal);
    if (signal.aborted) throw new Interrupted('Stopped before the run was started.');
    const client = await connect(environment);
    try {
      const handle = await startOrFind(client, input, options.workflowId, terminal);
      const { runId } = await handle.describe();
      const uiUrl = uiUrlOf(environment, handle.workflowId, runId);
      terminal.say(`workflow ${handle.workflowId}${uiUrl ? `: ${uiUrl}` : ''}`);
      const result = await followRun(handle, {
        ...followingOf(client, environment, handle.workflowId),
        signal,
        failure: standing.failure,
        howToResume: howToResume(handle.workflowId, environment),
      });
      const place = { workflowId: handle.workflowId, runId, uiUrl };
      await showEnd(result, place, openStore(environment.store), terminal);
      if (isOwn(environment))
        terminal.say(
          'The environment ends now; `npm run up` brings the Temporal UI and the run’s page back.',
        );
    } finally {
      await client.connection.close();
    }
  } finally {
    await standing.stop();
  }
}

/** One id for one input: the same command finds its run again. */
export function defaultWorkflowId(input: AlpacaInput): string {
  return `alpaca-${createHash('sha256').update(JSON.stringify(input)).digest('hex').slice(0, 8)}`;
}

async function startOrFind(
  client: Client,
  input: AlpacaInput,
  workflowId = defaultWorkflowId(input),
  terminal: Terminal,
): Promise<WorkflowHandle> {
  const open: string[] = [];
  for await (const { workflowId: id } of client.workflow.list({
    query: "WorkflowType = 'alpaca' AND ExecutionStatus = 'Running'",
    pageSize: 20,
  }))
    open.push(id);
  const handle = await client.workflow.start('alpaca', {
    taskQueue: readConfiguration().taskQueue,
    workflowId,
    args: [input],
    staticSummary: summaryOf('alpaca', input),
    memo: { [STARTED_BY]: whoIsLoggedIn() },
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  if (open.includes(workflowId)) terminal.say(`going on with ${workflowId}, which is still open`);
  const others = open.filter((id) => id !== workflowId);
  if (others.length > 0) terminal.say(`also open: ${others.join(', ')} (watch with \`npx alpaca watch ID\`)`);
  return handle;
}

/** True where the environment, server included, ends with this process. */
function isOwn({ existing, pid }: Environment): boolean {
  return pid === process.pid && !existing;
}

function howToResume(workflowId: string, environment: Environment): string {
  const again = 'Start the same command again to go on where it is';
  return isOwn(environment)
    ? `Stopped; the run ${workflowId} is kept. ${again}.`
    : `Stopped watching; the run ${workflowId} goes on. ${again}, or: npx alpaca watch ${workflowId}`;
}
