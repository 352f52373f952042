import { requireRole, type Visitor } from './access/visitor.ts';
import { openRun, type SteeredRuns, within } from './steered-runs.ts';

/**
 * Asks a run to end in order: what it has made stays, and it leaves a record.
 *
 * @param id a workflow id, or a run id
 * @throws AlpacaError NotFound; Permission; UpdateRefused where it has ended
 */
export async function cancelRun(runs: SteeredRuns, visitor: Visitor, id: string): Promise<void> {
  requireRole(visitor, 'run');
  const { workflowId, runId } = await openRun(runs, id);
  await within(runs, () => runs.clients.of(visitor).getHandle(workflowId, runId).cancel());
}

/** Ends a run at once, without a word to it: what is in flight may be paid for and lost, and it leaves no record. */
export async function terminateRun(
  runs: SteeredRuns,
  visitor: Visitor,
  id: string,
  reason: string,
): Promise<void> {
  requireRole(visitor, 'admin');
  const { workflowId, runId } = await openRun(runs, id);
  await within(runs, () =>
    runs.clients.of(visitor).getHandle(workflowId, runId).terminate(`${reason} (${visitor.name})`),
  );
}
