import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { type AlpacaResult, alpacaResult } from '../../../workflows/contracts/pipeline.ts';
import { type Progress, progress } from '../../../workflows/contracts/progress.ts';
import { ACCEPTED, COST_USD, STAGE } from '../../../workflows/search-attributes.ts';
import { queueCalls, unpolledRoles, unpolledText } from '../../fleet/unpolled.ts';

/** One line of the list of runs. */
export interface ListedRun {
  workflowId: string;
  runId: string;
  /** Temporal's: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED, TIMED_OUT */
  status: string;
  startedAt: string;
  closedAt: string | null;
  stage: string | null;
  accepted: number | null;
  costUsd: number | null;
}

/** One run in full. */
export interface RunView extends ListedRun {
  /** null where no worker answers queries */
  progress: Progress | null;
  /** what to say where nobody polls a queue of the run's fleet; null where all are polled, or it has ended */
  unpolled: string | null;
  /** null until the run has completed */
  result: AlpacaResult | null;
  /** why the run failed; null where it did not */
  failure: string | null;
}

/** Where the pages learn of runs. */
export interface RunSource {
  /** the latest runs of `alpaca`, newest first */
  list(): Promise<ListedRun[]>;
  /** @throws WorkflowNotFoundError of @temporalio/client */
  view(workflowId: string): Promise<RunView>;
  /** whether the server answers */
  reachable(): Promise<boolean>;
}

const MOST_RUNS = 100;
const ANSWER_WITHIN_MS = 5000;
/** A query waits for a worker; without one the page is shown without progress. */
const QUERY_WITHIN_MS = 2500;

export function temporalRuns(client: Client): RunSource {
  return {
    async list() {
      const query = 'WorkflowType = "alpaca" AND ExecutionStatus != "ContinuedAsNew"';
      const runs: ListedRun[] = [];
      await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, async () => {
        for await (const info of client.workflow.list({ query, pageSize: MOST_RUNS })) {
          runs.push(summaryOf(info));
          if (runs.length === MOST_RUNS) break;
        }
      });
      return runs.sort((left, right) => right.startedAt.localeCompare(left.startedAt));
    },

    async view(workflowId) {
      const handle = client.workflow.getHandle(workflowId);
      const info = await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => handle.describe());
      const summary = summaryOf(info);
      const latest = client.workflow.getHandle(workflowId, info.runId);
      const asked = client
        .withDeadline(Date.now() + QUERY_WITHIN_MS, () => latest.query<unknown>('progress'))
        .then((answer) => progress.parse(answer))
        .catch(() => null);
      const looked = summary.closedAt === null ? unpolledNow(client, info.taskQueue) : null;
      const outcome = summary.closedAt === null ? NO_OUTCOME : await outcomeOf(client, latest);
      return { ...summary, ...outcome, progress: await asked, unpolled: await looked };
    },

    async reachable() {
      try {
        await client.withDeadline(Date.now() + 1000, () =>
          client.connection.workflowService.getSystemInfo({}),
        );
        return true;
      } catch {
        return false;
      }
    },
  };
}

/** A server that does not tell is not told of. */
function unpolledNow(client: Client, taskQueue: string): Promise<string | null> {
  const calls = queueCalls({ workflowService: client.workflowService, namespace: client.options.namespace });
  return client
    .withDeadline(Date.now() + QUERY_WITHIN_MS, () => unpolledRoles(calls, taskQueue))
    .then(
      (roles) => unpolledText(taskQueue, roles),
      () => null,
    );
}

const NO_OUTCOME = { result: null, failure: null };

async function outcomeOf(
  client: Client,
  handle: { result(): Promise<unknown> },
): Promise<Pick<RunView, 'result' | 'failure'>> {
  try {
    const result = await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => handle.result());
    // A step by itself has a result of its own, which this page does not show.
    return { result: alpacaResult.safeParse(result).data ?? null, failure: null };
  } catch (error) {
    return { result: null, failure: deepestMessage(error) };
  }
}

/** Temporal wraps a failure once for each workflow and activity that it passed through. */
function deepestMessage(error: unknown): string {
  let current = error;
  for (let depth = 0; depth < 10 && current instanceof Error && current.cause instanceof Error; depth += 1)
    current = current.cause;
  return current instanceof Error ? current.message : String(current);
}

function summaryOf(info: Omit<WorkflowExecutionInfo, 'raw' | 'memo'>): ListedRun {
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    status: info.status.name,
    startedAt: info.startTime.toISOString(),
    closedAt: info.closeTime?.toISOString() ?? null,
    stage: info.typedSearchAttributes.get(STAGE) ?? null,
    accepted: info.typedSearchAttributes.get(ACCEPTED) ?? null,
    costUsd: info.typedSearchAttributes.get(COST_USD) ?? null,
  };
}
