import { createHash } from 'node:crypto';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { z } from 'zod';
import { AlpacaError } from '../../activities/errors.ts';
import { controlState, progress } from '../../workflows/contracts/progress.ts';
import { type Role, requireRole, type Visitor } from './access/visitor.ts';
import type { Startable } from './startable.ts';
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
    what: 'Set the number of accepted instructions to reach.',
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
  const { workflowId, runId } = await openRun(runs, id);
  if (typeof body.budgetUsd === 'number')
    await bookRaise(runs, visitor, { workflowId, runId }, body.budgetUsd);
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
  { workflowId, runId }: { workflowId: string; runId: string },
  budgetUsd: number,
): Promise<void> {
  if (visitor.usdPerDay === null) return;
  const asked: unknown = await within(runs, () =>
    runs.client.workflow.getHandle(workflowId, runId).query('progress'),
  );
  const before = progress.parse(asked).budgetUsd ?? 0;
  const raised = Math.max(0, budgetUsd - before);
  await runs.allowance.book(visitor, { usd: raised, to: `${workflowId} from ${before} to ${budgetUsd}` });
}

function digestOf(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}
