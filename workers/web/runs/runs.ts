import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { RunProgress, settingsOf } from '../../../workflows/alpaca/run-progress.ts';
import { type AlpacaResult, alpacaInput, alpacaResult } from '../../../workflows/contracts/pipeline.ts';
import { type Progress, progress } from '../../../workflows/contracts/progress.ts';
import type { RunRecord } from '../../../workflows/contracts/run/record.ts';
import { ACCEPTED, COST_USD, STAGE, STATE } from '../../../workflows/search-attributes.ts';
import { findRun, type KnownRun, type RunPlaces } from '../../find-run.ts';
import { queueCalls, unpolledRoles, unpolledText } from '../../fleet/unpolled.ts';
import { listRuns } from '../../list-runs.ts';

/** One line of the list of runs. */
export interface ListedRun {
  workflowId: string;
  runId: string;
  /** Temporal's: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED, TIMED_OUT */
  status: string;
  startedAt: string;
  closedAt: string | null;
  stage: string | null;
  /** AlpacaState: `running`, `paused`, `waiting: budget` and the like; null where it has said nothing yet */
  standing: string | null;
  accepted: number | null;
  costUsd: number | null;
  /** true where the store has a record of it, and the server knows it no more */
  isForgotten: boolean;
}

/** One run in full. */
export interface RunView extends ListedRun {
  /** what it was asked for by: its workflow id, or its run id, which names one of several */
  id: string;
  /** null where no worker answers queries, and where the server has forgotten a run that did not complete */
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
  /**
   * @param id a workflow id, or the run id of one of its runs
   * @throws AlpacaError NotFound
   */
  view(id: string): Promise<RunView>;
  /** whether the server answers */
  reachable(): Promise<boolean>;
}

const MOST_RUNS = 100;
const ANSWER_WITHIN_MS = 5000;
/** A query waits for a worker; without one the page is shown without progress. */
const QUERY_WITHIN_MS = 2500;

/** The runs that the server knows, and those that the store has records of. */
export function knownRuns(places: RunPlaces & { client: Client }): RunSource {
  const { client, store } = places;
  return {
    async list() {
      const { recorded, listed } = await listRuns(store, {
        isListed: ({ type }) => type === 'alpaca',
        ofRecord,
        onServer: () => listOnServer(client),
      });
      const known = new Set(listed.map(({ runId }) => runId));
      const runs = [...listed, ...recorded.filter(({ runId }) => !known.has(runId))];
      return runs.sort((left, right) => right.startedAt.localeCompare(left.startedAt)).slice(0, MOST_RUNS);
    },

    async view(id) {
      const run = await findRun(places, id);
      const { description, record, closedAt, status, failure } = run;
      // A step by itself has a result of its own, which this page does not show.
      const result = alpacaResult.safeParse(run.result).data ?? null;
      if (description === null)
        return { ...ofRecord(run), id, progress: progressOf(record), unpolled: null, result, failure };
      const summary = { ...summaryOf(description), id, closedAt, status, isForgotten: false };
      const [progress, unpolled] = await Promise.all([
        askProgress(client, run),
        closedAt === null ? unpolledNow(client, description.taskQueue) : null,
      ]);
      return { ...summary, result, failure, progress, unpolled };
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

async function listOnServer(client: Client): Promise<ListedRun[]> {
  const query = 'WorkflowType = "alpaca" AND ExecutionStatus != "ContinuedAsNew"';
  const runs: ListedRun[] = [];
  await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, async () => {
    for await (const info of client.workflow.list({ query, pageSize: MOST_RUNS })) {
      runs.push(summaryOf(info));
      if (runs.length === MOST_RUNS) break;
    }
  });
  return runs;
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

function askProgress(client: Client, { workflowId, runId }: KnownRun): Promise<Progress | null> {
  return client
    .withDeadline(Date.now() + QUERY_WITHIN_MS, () =>
      client.workflow.getHandle(workflowId, runId).query<unknown>('progress'),
    )
    .then((answer) => progress.parse(answer))
    .catch(() => null);
}

function summaryOf(info: Omit<WorkflowExecutionInfo, 'raw' | 'memo'>): ListedRun {
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    status: info.status.name,
    startedAt: info.startTime.toISOString(),
    closedAt: info.closeTime?.toISOString() ?? null,
    stage: info.typedSearchAttributes.get(STAGE) ?? null,
    standing: info.typedSearchAttributes.get(STATE) ?? null,
    accepted: info.typedSearchAttributes.get(ACCEPTED) ?? null,
    costUsd: info.typedSearchAttributes.get(COST_USD) ?? null,
    isForgotten: false,
  };
}

/** What the store's record of a run says of it. */
function ofRecord(
  run: Omit<ListedRun, 'stage' | 'standing' | 'accepted' | 'costUsd' | 'isForgotten'> & { result: unknown },
): ListedRun {
  const { workflowId, runId, status, startedAt, closedAt } = run;
  const { data: result } = alpacaResult.safeParse(run.result);
  return {
    ...{ workflowId, runId, status, startedAt, closedAt },
    stage: result ? 'release' : null,
    standing: null,
    accepted: result?.generate.data.rows ?? null,
    costUsd: result?.costUsd ?? null,
    isForgotten: true,
  };
}

/** Where a run stood at its end, from what it was given and what its steps gave; null where it did not complete. */
function progressOf(record: RunRecord | null): Progress | null {
  const { data: input } = alpacaInput.safeParse(record?.input);
  const { data: result } = alpacaResult.safeParse(record?.result);
  if (!record || !input || !result) return null;
  const standing = new RunProgress(null, input);
  const end = new Date(record.closedAt);
  for (const { name } of standing.table.stages) {
    standing.book(name, result);
    standing.table.finish(name, end);
  }
  return standing.answer(settingsOf(input, null).control, end);
}
