import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { RunProgress, settingsOf } from '../../workflows/alpaca/run-progress.ts';
import { type AlpacaResult, alpacaInput, alpacaResult } from '../../workflows/contracts/pipeline.ts';
import { type Progress, progress } from '../../workflows/contracts/progress.ts';
import type { RunRecord } from '../../workflows/contracts/run/record.ts';
import { type Said, saidIn } from '../../workflows/contracts/run/said.ts';
import { ACCEPTED, COST_USD, STAGE, STATE } from '../../workflows/search-attributes.ts';
import { findRun, type KnownRun, type RunPlaces } from '../find-run.ts';
import { queueCalls, unpolledRoles, unpolledText } from '../fleet/unpolled.ts';
import { listRuns } from '../list-runs.ts';
import { withoutPaths } from '../without-paths.ts';
import { liveProgress } from './live-progress.ts';
import { isStartable, notOfOurs, STARTABLE, type Startable } from './startable.ts';

/** One line of the list of runs. */
export interface ListedRun {
  workflowId: string;
  runId: string;
  /** its type: `alpaca`, or a step by itself */
  workflow: string;
  /** Temporal's: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED, TIMED_OUT */
  status: string;
  startedAt: string;
  closedAt: string | null;
  stage: string | null;
  /** AlpacaState: `running`, `paused`, `waiting: budget` and the like; null where it has said nothing yet */
  standing: string | null;
  accepted: number | null;
  costUsd: number | null;
  /** held-out loss after training, in nats a target token, and the win rate against the base, in percent: of a run that has ended, as its record has them */
  heldOutLoss: number | null;
  winRate: number | null;
  /** who started it, where a service of this program did; null where another did */
  startedBy: string | null;
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
  /** null until the run has completed, and of a step by itself */
  result: AlpacaResult | null;
  /** the same of any workflow, as it gave it */
  wholeResult: unknown;
  /** why the run failed, without paths of the machine that it failed on; null where it did not */
  failure: string | null;
  /** who changed what of it through a service of this program, the last 20 */
  updates: Said[];
}

interface RunFilter {
  workflow?: Startable | undefined;
  /** what their workflow ids begin with: letters, digits and hyphens */
  prefix?: string | undefined;
  status?: keyof typeof STATUSES | undefined;
  standing?: (typeof STANDINGS)[number] | undefined;
  /** that come after this one in the list */
  after?: Pick<ListedRun, 'startedAt' | 'runId'> | undefined;
  limit?: number | undefined;
}

/** Temporal's statuses of runs by the names that queries have for them. */
export const STATUSES = {
  RUNNING: 'Running',
  COMPLETED: 'Completed',
  FAILED: 'Failed',
  CANCELLED: 'Canceled',
  TERMINATED: 'Terminated',
  TIMED_OUT: 'TimedOut',
} as const;

export const STANDINGS = [
  ...['running', 'paused', 'waiting: budget', 'waiting: teacher', 'waiting: storage', 'waiting: outage'],
  ...['done', 'failed', 'cancelled'],
] as const;

/** Where the pages learn of runs. */
export interface RunSource {
  /** those that nobody's workflow has as a step, the latest first: 100 of `alpaca` where nothing else is asked for */
  list(filter?: RunFilter): Promise<ListedRun[]>;
  /**
   * @param id a workflow id, or the run id of one of its runs
   * @throws AlpacaError NotFound
   */
  view(id: string): Promise<RunView>;
  /** whether the server answers */
  reachable(): Promise<boolean>;
}

/** That are listed where no other number is asked for. */
const MOST_RUNS = 100;
/** Of the server's list, which is in another order. */
const MOST_LOOKED_AT = 5000;
const PAGE = 1000;
const ANSWER_WITHIN_MS = 5000;
/** A query waits for a worker; without one the page is shown without progress. */
const QUERY_WITHIN_MS = 2500;

/** The runs that the server knows, and those that the store has records of. */
export function knownRuns(places: RunPlaces & { client: Client }): RunSource {
  const { client, store } = places;
  return {
    async list(filter = { workflow: 'alpaca' }) {
      const { recorded, listed } = await listRuns(store, {
        isListed: ({ type }) => isStartable(type),
        ofRecord,
        onServer: () => listOnServer(client, filter),
      });
      const known = new Set(listed.map(({ runId }) => runId));
      const records = new Map(recorded.map((run) => [run.runId, run]));
      return [
        ...listed.map((run) => withFigures(run, records.get(run.runId))),
        ...recorded.filter(({ runId }) => !known.has(runId)),
      ]
        .filter((run) => fits(run, filter))
        .sort(inOrder)
        .slice(0, filter.limit ?? MOST_RUNS);
    },

    async view(id) {
      const run = await findRun(places, id);
      if (!isStartable(run.type)) throw notOfOurs(run.type, id);
      const { description, record, closedAt, status } = run;
      const failure = run.failure && withoutPaths(run.failure);
      const result = alpacaResult.safeParse(run.result).data ?? null;
      if (description === null)
        return {
          ...ofRecord({ ...run, startedBy: record?.startedBy ?? null }),
          ...{ id, progress: progressOf(record), unpolled: null, result, failure },
          ...{ updates: record?.updates ?? [], wholeResult: run.result },
        };
      const summary = {
        ...summaryOf(description),
        ...figuresOf(result),
        id,
        closedAt,
        status,
        isForgotten: false,
      };
      const [progress, unpolled] = await Promise.all([
        askProgress(client, { ...run, closedAt }),
        closedAt === null ? unpolledNow(client, description.taskQueue) : null,
      ]);
      const { updates } = saidIn(description.memo);
      return { ...summary, result, wholeResult: run.result, failure, progress, unpolled, updates };
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

async function listOnServer(client: Client, filter: RunFilter): Promise<ListedRun[]> {
  const runs: ListedRun[] = [];
  await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, async () => {
    for await (const info of client.workflow.list({ query: queryOf(filter), pageSize: PAGE })) {
      if (info.parentExecution === undefined) runs.push(summaryOf(info));
      if (runs.length === MOST_LOOKED_AT) break;
    }
  });
  return runs;
}

/** The server knows a run's search attributes alone; what came out stands in its record. */
function withFigures(run: ListedRun, record: ListedRun | undefined): ListedRun {
  if (record === undefined) return run;
  const { heldOutLoss, winRate } = record;
  return { ...run, heldOutLoss, winRate };
}

function queryOf({ workflow, prefix, status, standing, after }: RunFilter): string {
  const types = workflow === undefined ? STARTABLE : [workflow];
  return [
    `WorkflowType IN (${types.map((type) => `"${type}"`).join(', ')})`,
    status === undefined ? 'ExecutionStatus != "ContinuedAsNew"' : `ExecutionStatus = "${STATUSES[status]}"`,
    ...(prefix === undefined ? [] : [`WorkflowId STARTS_WITH "${prefix}"`]),
    ...(standing === undefined ? [] : [`AlpacaState = "${standing}"`]),
    // The server has parts of milliseconds, which the list has not.
    ...(after === undefined ? [] : [`StartTime < "${millisecondAfter(after.startedAt)}"`]),
  ].join(' AND ');
}

function millisecondAfter(iso: string): string {
  return new Date(Date.parse(iso) + 1).toISOString();
}

/** The latest first; the run id decides between those of one millisecond. */
function inOrder(left: Pick<ListedRun, 'startedAt' | 'runId'>, right: typeof left): number {
  return right.startedAt.localeCompare(left.startedAt) || right.runId.localeCompare(left.runId);
}

/** What the server was asked for; of a record of the store it is looked at here. */
function fits(run: ListedRun, { workflow, prefix, status, standing, after }: RunFilter): boolean {
  return (
    (workflow === undefined || run.workflow === workflow) &&
    (prefix === undefined || run.workflowId.startsWith(prefix)) &&
    (status === undefined || run.status === status) &&
    (standing === undefined || run.standing === standing) &&
    (after === undefined || inOrder(after, run) < 0)
  );
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

/** An id means the latest run of it, and so a step of that; a run that has ended has no step that runs. */
function askProgress(
  client: Client,
  { workflowId, runId, type, closedAt }: Pick<KnownRun, 'workflowId' | 'runId' | 'type' | 'closedAt'>,
): Promise<Progress | null> {
  const ask = (id: string) =>
    client.workflow.getHandle(id, id === workflowId ? runId : undefined).query<unknown>('progress');
  return client
    .withDeadline(Date.now() + QUERY_WITHIN_MS, () =>
      closedAt === null && type === 'alpaca'
        ? liveProgress(workflowId, ask)
        : ask(workflowId).then((answer) => progress.parse(answer)),
    )
    .then((now) => ({ ...now, pauseReason: now.pauseReason && withoutPaths(now.pauseReason) }))
    .catch(() => null);
}

function summaryOf(info: Omit<WorkflowExecutionInfo, 'raw'>): ListedRun {
  const { startedBy } = saidIn(info.memo);
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    workflow: info.type,
    status: info.status.name,
    startedAt: info.startTime.toISOString(),
    closedAt: info.closeTime?.toISOString() ?? null,
    stage: info.typedSearchAttributes.get(STAGE) ?? null,
    standing: info.typedSearchAttributes.get(STATE) ?? null,
    accepted: info.typedSearchAttributes.get(ACCEPTED) ?? null,
    costUsd: info.typedSearchAttributes.get(COST_USD) ?? null,
    ...figuresOf(null),
    startedBy,
    isForgotten: false,
  };
}

function figuresOf(result: AlpacaResult | null): Pick<ListedRun, 'heldOutLoss' | 'winRate'> {
  const { heldOut, pairwise } = result?.evaluate ?? {};
  return { heldOutLoss: heldOut?.lossA ?? null, winRate: pairwise?.winRate ?? null };
}

/** What the store's record of a run says of it. */
function ofRecord(
  run: Pick<KnownRun, 'workflowId' | 'runId' | 'type' | 'status' | 'startedAt' | 'closedAt' | 'result'> &
    Pick<RunRecord, 'startedBy'>,
): ListedRun {
  const { workflowId, runId, type: workflow, status, startedAt, closedAt, startedBy } = run;
  const { data: result } = alpacaResult.safeParse(run.result);
  return {
    ...{ workflowId, runId, workflow, status, startedAt, closedAt },
    stage: result ? 'release' : null,
    standing: null,
    accepted: result?.generate.data.rows ?? null,
    costUsd: result?.costUsd ?? null,
    ...figuresOf(result ?? null),
    startedBy,
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
