import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import type { z } from 'zod';
import { readRunRecords } from '../activities/artifacts/run-index.ts';
import type { ArtifactStore } from '../activities/artifacts/store.ts';
import { AlpacaError } from '../activities/errors.ts';
import { type RunRecord, reasonWithin } from '../workflows/contracts/run/record.ts';
import { isUnanswered } from './unanswered.ts';

/** The one answer to "the run by this id": of the store's index of runs that have ended, and of the server. */

export interface KnownRun {
  workflowId: string;
  runId: string;
  type: string;
  /** Temporal's: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED, TIMED_OUT */
  status: string;
  startedAt: string;
  closedAt: string | null;
  /** null unless it completed, and of the first run of a schedule that found nothing new */
  result: unknown;
  /** why it ended without completing; null where it did not */
  failure: string | null;
  /** null where the store alone knows the run: the server has forgotten it, or is another, or does not answer */
  description: WorkflowExecutionDescription | null;
  /** null where the server alone knows it */
  record: RunRecord | null;
  /** the last run of the same workflow id that completed before it with a result; null where the store knows of none */
  earlier: RunRecord | null;
}

/** Who is asked. */
export interface RunPlaces {
  store: ArtifactStore;
  /** null where no server answers */
  client: Client | null;
  /** the server as messages name it */
  server: string;
}

const ANSWER_WITHIN_MS = 5000;

/**
 * Finds the run of an id: the latest where several had the workflow id. What is recorded needs no server.
 *
 * @param id a workflow id, or the run id of one of its runs
 * @throws AlpacaError NotFound where neither knows it; what the client throws where the server does not answer and
 *   the store has no record
 */
export async function findRun(places: RunPlaces, id: string): Promise<KnownRun> {
  const { records, unreadable } = await readRunRecords(places.store, id);
  const [latest] = records;
  const description = await describe(places.client, id).catch((error: unknown) => {
    if (latest && isUnanswered(error)) return null;
    throw error;
  });
  if (description === null) {
    if (latest === undefined) throw unknownRun(places, id, unreadable);
    return ofRecord(latest, null);
  }
  const { runId: current, closeTime } = description;
  if (latest && latest.runId !== current && closeTime && closeTime.toISOString() < latest.closedAt)
    return ofRecord(latest, null);
  const same = records.find(({ runId }) => runId === current);
  const earlier = records.find((run) => run.runId !== current && isWhole(run)) ?? null;
  return same ? ofRecord(same, description) : ofServer(places.client, description, earlier);
}

/** What a completed run came to, or why there is nothing of the kind. */
export type Found<Result> = { result: Result } | { missing: string };

/**
 * @param schemas by the types of workflows that have what is asked for
 * @param has what such a run can or has, for the message: `can be released`
 */
export function resultOf<Result>(
  { workflowId, type, status, result, earlier }: KnownRun,
  schemas: Readonly<Record<string, z.ZodType<Result>>>,
  has: string,
): Found<Result> {
  const schema = schemas[type];
  if (schema === undefined || status !== 'COMPLETED') {
    const types = Object.keys(schemas).join(' or ');
    const word = status.toLowerCase().replaceAll('_', ' ');
    const before = earlier ? ` It completed before, as the run ${earlier.runId}: name that one so.` : '';
    return {
      missing: `${workflowId} is a ${type} workflow, ${word}; a completed ${types} one ${has}.${before}`,
    };
  }
  const checked = schema.safeParse(result);
  if (checked.success) return { result: checked.data };
  if (result === null) return { missing: foundTooLittle(workflowId) };
  return { missing: `The result of ${workflowId} is in another form than this version's.` };
}

/** Why a run of `alpaca` that completed has no result. */
export function foundTooLittle(workflowId: string): string {
  return `${workflowId} found too few new rows to train on, and no run before it had trained.`;
}

function isWhole({ status, result }: RunRecord): boolean {
  return status === 'COMPLETED' && result !== null;
}

function ofRecord(record: RunRecord, description: WorkflowExecutionDescription | null): KnownRun {
  const { workflowId, runId, type, status, startedAt, closedAt, result, failure } = record;
  return {
    ...{ workflowId, runId, type, status, startedAt, closedAt, result, failure },
    ...{ description, record, earlier: null },
  };
}

async function ofServer(
  client: Client | null,
  description: WorkflowExecutionDescription,
  earlier: RunRecord | null,
): Promise<KnownRun> {
  const { workflowId, runId, type, status, startTime, closeTime } = description;
  const outcome =
    closeTime && client ? await outcomeOf(client, workflowId, runId) : { result: null, failure: null };
  return {
    ...{ workflowId, runId, type, status: status.name },
    startedAt: startTime.toISOString(),
    closedAt: closeTime?.toISOString() ?? null,
    ...outcome,
    ...{ description, record: null, earlier },
  };
}

async function outcomeOf(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<Pick<KnownRun, 'result' | 'failure'>> {
  const handle = client.workflow.getHandle(workflowId, runId, { followRuns: false });
  try {
    const result: unknown = await within(client, () => handle.result());
    return { result, failure: null };
  } catch (error) {
    if (isUnanswered(error)) throw error;
    return { result: null, failure: reasonWithin(error) };
  }
}

/** Null where the server has none of that id. */
async function describe(client: Client | null, id: string): Promise<WorkflowExecutionDescription | null> {
  if (client === null) return null;
  const ofWorkflow = await describeRun(client, id);
  if (ofWorkflow !== null || !RUN_ID.test(id)) return ofWorkflow;
  return within(client, async () => {
    for await (const { workflowId, runId } of client.workflow.list({ query: `RunId = "${id}"` }))
      return describeRun(client, workflowId, runId);
    return null;
  });
}

/** What the ids of runs look like, which the server makes. */
export const RUN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function describeRun(
  client: Client,
  workflowId: string,
  runId?: string,
): Promise<WorkflowExecutionDescription | null> {
  try {
    return await within(client, () => client.workflow.getHandle(workflowId, runId).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

function within<Answer>(client: Client, call: () => Promise<Answer>): Promise<Answer> {
  return client.withDeadline(Date.now() + ANSWER_WITHIN_MS, call);
}

function unknownRun({ store, client, server }: RunPlaces, id: string, unreadable: string[]): AlpacaError {
  const torn = unreadable
    .map((name) => ` ${store.root}/${name} cannot be read as the record of a run.`)
    .join('');
  if (client === null)
    return new AlpacaError(
      'NotFound',
      `The store ${store.root} has no record of a run ${id}, and there is no answer from ${server}.${torn}`,
      { remedy: 'Start the server with `npm run up`, or check TEMPORAL_ADDRESS and ALPACA_STORE.' },
    );
  return new AlpacaError(
    'NotFound',
    `Neither the store ${store.root} nor ${server} knows a run ${id}.${torn}`,
    {
      remedy:
        'List what the server knows with `npm run temporal -- workflow list`; what a server forgets is recorded in the store of its workers (ALPACA_STORE).',
    },
  );
}
