import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { AlpacaError } from '../../activities/errors.ts';
import { findRun, type KnownRun } from '../find-run.ts';
import { Allowance } from './access/allowance.ts';
import { type VisitorClients, visitorClients } from './clients.ts';
import { isStartable, notOfOurs, type StartedRun } from './startable.ts';

/** Runs as a service starts and changes them in the name of its visitors. */
export interface SteeredRuns {
  client: Client;
  clients: VisitorClients;
  store: ArtifactStore;
  /** the server as messages name it */
  server: string;
  /** where runs are started */
  taskQueue: string;
  allowance: Allowance;
  /** what is being started, by its key */
  starting: Map<string, Promise<StartedRun>>;
}

export type SteeredRunsPlaces = Pick<SteeredRuns, 'client' | 'store' | 'server' | 'taskQueue'>;

export function steeredRuns(places: SteeredRunsPlaces): SteeredRuns {
  return {
    ...places,
    clients: visitorClients(places.client),
    allowance: new Allowance(places.store),
    starting: new Map(),
  };
}

const ANSWER_WITHIN_MS = 10_000;

export function within<Answer>({ client }: SteeredRuns, call: () => Promise<Answer>): Promise<Answer> {
  return client.withDeadline(Date.now() + ANSWER_WITHIN_MS, call);
}

/** Null where the server has no run of that workflow id. */
export async function findOnServer(
  runs: SteeredRuns,
  workflowId: string,
): Promise<WorkflowExecutionDescription | null> {
  try {
    return await within(runs, () => runs.client.workflow.getHandle(workflowId).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/**
 * An open run that a visitor may change: of a type that he could have started himself.
 *
 * @param id a workflow id, or the run id of one of its runs
 * @throws AlpacaError NotFound; UpdateRefused where it has ended
 */
export async function openRun(runs: SteeredRuns, id: string): Promise<KnownRun> {
  const run = await findRun(runs, id);
  if (!isStartable(run.type)) throw notOfOurs(run.type, id);
  if (run.closedAt !== null || run.description === null)
    throw new AlpacaError('UpdateRefused', `${id} has ended: ${run.status}.`);
  return run;
}
