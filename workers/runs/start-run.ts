import { createHash, randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { recordsOfWorkflow } from '../../activities/artifacts/run-index.ts';
import { AlpacaError } from '../../activities/errors.ts';
import { INPUT_DIGEST, STARTED_BY } from '../../workflows/contracts/run/said.ts';
import { summaryOf } from '../../workflows/decisions/screen/summary-text.ts';
import { STARTS } from '../../workflows/decisions/start/starts.ts';
import { requireRole, type Visitor } from './access/visitor.ts';
import type { Startable, StartedRun } from './startable.ts';
import { findOnServer, type SteeredRuns, within } from './steered-runs.ts';
import { checkedInput } from './wrong-fields.ts';

export interface StartRequest {
  workflow: Startable;
  input: unknown;
  /** names this start: the same key of the same visitor starts one run, however often it is sent; null: a run each time */
  key: string | null;
  /** what the workflow id begins with; absent: the workflow's type */
  prefix?: string;
}

/** The key was used before, for something else. */
export class KeyUsedBefore extends AlpacaError {
  constructor(workflowId: string) {
    super('InvalidInput', `The key was used before, with another input: it started ${workflowId}.`, {
      remedy: 'Send the same input with it, or another key.',
    });
  }
}

/**
 * Starts a run. What a key started is found again by its workflow id, which is made from key and visitor: the server
 * refuses a second one of that id, so that it holds across services and through their crashes. A run that the server has
 * forgotten is found by its record.
 *
 * @throws WrongFields; KeyUsedBefore; AlpacaError Permission, BudgetReached
 */
export async function startRun(
  runs: SteeredRuns,
  visitor: Visitor,
  request: StartRequest,
): Promise<StartedRun> {
  requireRole(visitor, 'run');
  const { workflow, key } = request;
  const given = request.input ?? {};
  const input = checkedInput(STARTS[workflow].input, given);
  const budgetUsd = 'budgetUsd' in input ? (input.budgetUsd ?? 0) : 0;
  if (budgetUsd > 0) requireRole(visitor, 'spend');
  const inputDigest = digestOf(given);
  const start = { workflow, workflowId: workflowIdOf(request, visitor), inputDigest, budgetUsd };
  if (key === null) {
    // Nothing is booked for what a server that is away cannot start.
    if (budgetUsd > 0) await findOnServer(runs, start.workflowId);
    return begin(runs, visitor, start, input, given);
  }
  // Those that come side by side share one call.
  const together = `${start.workflowId} ${inputDigest}`;
  const known = runs.starting.get(together);
  if (known !== undefined) return known;
  const starting = beginOnce(runs, visitor, start, input, given);
  runs.starting.set(together, starting);
  try {
    return await starting;
  } finally {
    runs.starting.delete(together);
  }
}

interface Start {
  workflow: Startable;
  workflowId: string;
  inputDigest: string;
  budgetUsd: number;
}

type Inputs = Parameters<typeof summaryOf<Startable>>[1];

async function beginOnce(
  runs: SteeredRuns,
  visitor: Visitor,
  start: Start,
  input: Inputs,
  given: unknown,
): Promise<StartedRun> {
  // Money is booked for what is new alone; and the server may have forgotten what the store has a record of.
  if (start.budgetUsd > 0 || (await recordedBefore(runs, start)) !== null) {
    const before = await startedBefore(runs, start);
    if (before !== null) return before;
  }
  try {
    return await begin(runs, visitor, start, input, given);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const before = await startedBefore(runs, start);
    if (before === null) throw error;
    return before;
  }
}

async function begin(
  runs: SteeredRuns,
  visitor: Visitor,
  { workflow, workflowId, inputDigest, budgetUsd }: Start,
  input: Inputs,
  given: unknown,
): Promise<StartedRun> {
  await runs.allowance.book(visitor, { usd: budgetUsd, to: workflowId });
  const { firstExecutionRunId: runId } = await within(runs, () =>
    runs.clients.of(visitor).start(workflow, {
      taskQueue: runs.taskQueue,
      workflowId,
      args: [given],
      staticSummary: summaryOf(workflow, input),
      memo: { [STARTED_BY]: visitor.name, [INPUT_DIGEST]: inputDigest },
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    }),
  );
  return { workflow, workflowId, runId };
}

/** What the key started; null where it started nothing yet. */
async function startedBefore(runs: SteeredRuns, start: Start): Promise<StartedRun | null> {
  const { workflow, workflowId, inputDigest } = start;
  const description = await findOnServer(runs, workflowId);
  if (description === null) return recordedBefore(runs, start);
  if (description.memo?.[INPUT_DIGEST] !== inputDigest) throw new KeyUsedBefore(workflowId);
  const { firstRunId } = description.raw.workflowExecutionInfo ?? {};
  return { workflow, workflowId, runId: firstRunId || description.runId };
}

async function recordedBefore(
  { store }: SteeredRuns,
  { workflow, workflowId, inputDigest }: Start,
): Promise<StartedRun | null> {
  const { records } = await recordsOfWorkflow(store, workflowId);
  const first = records.at(-1);
  if (first === undefined) return null;
  if (digestOf(first.input) !== inputDigest) throw new KeyUsedBefore(workflowId);
  return { workflow, workflowId, runId: first.runId };
}

/** The id of what a request starts: by a key always the same, without one another each time. */
export function workflowIdOf(
  { workflow, key, prefix = workflow }: Pick<StartRequest, 'workflow' | 'key' | 'prefix'>,
  visitor: Visitor,
): string {
  if (key === null) return `${prefix}-${randomUUID()}`;
  return `${prefix}-${createHash('sha256').update(`${visitor.id}\n${key}`).digest('hex').slice(0, 32)}`;
}

/** Of what a value says, in whatever order its fields are written. */
function digestOf(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
  return createHash('sha256').update(text).digest('hex');
}
