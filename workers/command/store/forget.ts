import { readRunRecords, removeRunRecords } from '../../../activities/artifacts/run-index.ts';
import { removeNewest } from '../../../activities/generate/accept/newest.ts';
import { findRun, type RunPlaces } from '../../find-run.ts';
import { removeJob } from '../../serve/fine-tuning/job-records.ts';
import { UsageError } from '../outcome.ts';
import { answering, withRuns } from '../runs.ts';
import type { Terminal } from '../terminal.ts';

/** `alpaca forget ID`: lets go of the runs of a workflow id that have ended; `prune` takes what they alone named. */
export function forget(workflowId: string, terminal: Terminal): Promise<void> {
  return withRuns(async (places) => {
    const forgotten = await forgetRuns(places, workflowId);
    terminal.result(
      { workflowId, ...forgotten },
      `Forgot ${workflowId}: ${forgotten.records} records, ${forgotten.histories} histories (the server deletes them ` +
        'within some minutes). Nothing that it made is deleted: `npx alpaca prune` shows what nothing refers to now.',
    );
  });
}

/**
 * Deletes the records of a workflow id's runs, and has the server delete their histories and those of their steps.
 *
 * @throws AlpacaError NotFound; UsageError where one of them goes on
 */
export async function forgetRuns(
  places: RunPlaces,
  workflowId: string,
): Promise<{ records: number; histories: number }> {
  const run = await findRun(places, workflowId);
  if (run.workflowId !== workflowId)
    throw new UsageError(
      `${workflowId} is one run of ${run.workflowId}: all of that id are forgotten at once.`,
    );
  const client = answering(places);
  const executions: { workflowId: string; runId: string }[] = [];
  for await (const { workflowId: id, runId, status } of client.workflow.list()) {
    if (id !== workflowId && !id.startsWith(`${workflowId}/`)) continue;
    if (status.name === 'RUNNING') throw new UsageError(`${id} goes on: cancel it first.`);
    executions.push({ workflowId: id, runId });
  }
  const { records } = await readRunRecords(places.store, workflowId);
  await removeRunRecords(places.store, workflowId);
  for (const id of [workflowId, `${workflowId}/generate`]) await removeNewest(places.store, id);
  await removeJob(places.store, workflowId);
  const { namespace } = client.options;
  for (const workflowExecution of executions)
    await client.connection.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
  return { records: records.length, histories: executions.length };
}
