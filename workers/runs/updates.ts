import { createHash } from 'node:crypto';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { z } from 'zod';
import { AlpacaError } from '../../activities/errors.ts';
import { controlState, type Progress, progress } from '../../workflows/contracts/progress.ts';
import type { KnownRun } from '../find-run.ts';
import { hasRole, type Role, requireRole, type Visitor } from './access/visitor.ts';
import { isStartable, type Startable } from './startable.ts';
import { openRun, type SteeredRuns, within } from './steered-runs.ts';
import { checked } from './wrong-fields.ts';

/** What can be said to a run while it goes on, by the names of its updates; a step takes those that mean something there. */

const nothing = z.strictObject({});

interface Update<Body extends z.ZodObject = z.ZodObject> {
  what: string;
  role: Role;
  body: Body;
  /** the update's one argument; undefined where it has none */
  argument(body: z.output<Body>): unknown;
  answer: z.ZodType;
}

function update<Body extends z.ZodObject>(of: Update<Body>): Update<Body> {
  return of;
}

const control = { role: 'run', body: nothing, argument: () => undefined, answer: controlState } as const;

export const RUN_UPDATES = {
  pause: update({ ...control, what: 'Start nothing new; what is in flight finishes.' }),
  resume: update({ ...control, what: 'Go on after a pause; try at once what the run waits to try again.' }),
  stopEarly: update({ ...control, what: 'End generation with what is accepted, and go on.' }),
  setBudget: update({
    ...control,
    what: 'Set the hard cap in dollars; a run that waits for money goes on.',
    role: 'spend',
    body: z.strictObject({ budgetUsd: z.number().min(0) }),
    argument: ({ budgetUsd }) => budgetUsd,
  }),
  setTarget: update({
    ...control,
    what: 'Set the number of accepted instructions to reach; more, in a run that has a budget, takes the role spend.',
    body: z.strictObject({ target: z.int().min(1) }),
    argument: ({ target }) => target,
  }),
  setConcurrency: update({
    ...control,
    what: 'Set the number of requests in flight.',
    body: z.strictObject({ concurrency: z.int().min(1).max(256) }),
    argument: ({ concurrency }) => concurrency,
  }),
  join: update({
    ...control,
    what: 'In a comparison by people: the key of the seat of that name, or of a free one.',
    body: z.strictObject({ name: z.string().min(1).max(80) }),
    argument: (name) => name,
    answer: z.object({ key: z.string() }),
  }),
  close: update({
    ...control,
    what: 'In a comparison by people: count the votes so far, and end.',
    answer: z.null(),
  }),
} as const;
export type RunUpdate = keyof typeof RUN_UPDATES;

/** What each workflow takes while it goes on: any other is refused by it. */
export const UPDATES_OF: Readonly<Record<Startable, readonly RunUpdate[]>> = {
  alpaca: ['pause', 'resume', 'setBudget', 'setTarget', 'setConcurrency', 'stopEarly'],
  generate: ['pause', 'resume', 'setBudget', 'setTarget', 'setConcurrency', 'stopEarly'],
  ...{ dedupe: ['pause', 'resume', 'setBudget'], filter: ['pause', 'resume', 'setBudget'] },
  ...{ evaluate: ['pause', 'resume', 'setBudget'], train: ['pause', 'resume'] },
  ...{ sample: ['resume'], tokenize: ['resume'], release: ['resume'] },
  rate: ['resume', 'join', 'close'],
};

export interface UpdateRequest {
  name: RunUpdate;
  /** in the form that the update takes */
  body: unknown;
  /** the same key of the same visitor is carried out once; null: each time */
  key: string | null;
}

/**
 * Says something to a run, and waits until it has been taken.
 *
 * @param id a workflow id, or a run id
 * @returns the update's answer
 * @throws AlpacaError NotFound; Permission; BudgetReached; UpdateRefused, with the run's own reason
 */
export async function updateRun(
  runs: SteeredRuns,
  visitor: Visitor,
  id: string,
  { name, body: given, key }: UpdateRequest,
): Promise<unknown> {
  const { role, body: form, argument, answer }: Update = RUN_UPDATES[name];
  requireRole(visitor, role);
  const body = checked(form, given, 'The body');
  const run = await openRun(runs, id);
  const { workflowId, runId } = run;
  refuseUntaken(run, name);
  if (typeof body.budgetUsd === 'number') await bookRaise(runs, visitor, run, body.budgetUsd);
  if (typeof body.target === 'number') await allowTarget(runs, visitor, run, body.target);
  const once = key === null ? {} : { updateId: digestOf(visitor.id, key, name, JSON.stringify(body)) };
  const handle = runs.clients.of(visitor).getHandle(workflowId, runId);
  const sent = argument(body);
  try {
    const said: unknown = await within(runs, () =>
      sent === undefined
        ? handle.executeUpdate<unknown, []>(name, once)
        : handle.executeUpdate<unknown, [unknown]>(name, { args: [sent], ...once }),
    );
    return answer.parse(said ?? null);
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    throw new AlpacaError('UpdateRefused', error.cause?.message ?? error.message);
  }
}

/** What a budget is raised by counts as granted. */
async function bookRaise(
  runs: SteeredRuns,
  visitor: Visitor,
  run: KnownRun,
  budgetUsd: number,
): Promise<void> {
  if (visitor.usdPerDay === null) return;
  const before = (await progressOf(runs, run)).budgetUsd ?? 0;
  const to = `${run.workflowId} ${run.runId} from ${before} to ${budgetUsd}`;
  await runs.allowance.book(visitor, { usd: Math.max(0, budgetUsd - before), to });
}

/** More rows, where rows cost money, spend it. */
async function allowTarget(
  runs: SteeredRuns,
  visitor: Visitor,
  run: KnownRun,
  target: number,
): Promise<void> {
  if (hasRole(visitor, 'spend')) return;
  const before = await progressOf(runs, run);
  if ((before.budgetUsd ?? 0) > 0 && target > before.target) requireRole(visitor, 'spend');
}

/** What a run would refuse is refused before anything is booked for it. */
function refuseUntaken({ workflowId, type, description }: KnownRun, name: RunUpdate): void {
  if (isStartable(type) && !UPDATES_OF[type].includes(name))
    throw new AlpacaError('UpdateRefused', `${workflowId} is a ${type} workflow, which takes no ${name}.`);
  const parent = description?.parentExecution?.workflowId;
  if (name === 'setBudget' && parent)
    throw new AlpacaError('UpdateRefused', `${workflowId} is a step of ${parent}, which has the budget.`);
}

async function progressOf(runs: SteeredRuns, { workflowId, runId }: KnownRun): Promise<Progress> {
  const asked: unknown = await within(runs, () =>
    runs.client.workflow.getHandle(workflowId, runId).query('progress'),
  );
  return progress.parse(asked);
}

function digestOf(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}
