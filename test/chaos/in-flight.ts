import assert from 'node:assert/strict';
import type { Client, WorkflowHandle } from '@temporalio/client';

/** True while a worker is at an activity of that name: a kill then meets work in flight. */
export async function inFlight(handle: WorkflowHandle, activity: string): Promise<boolean> {
  return (await workersAt(handle, activity)).size > 0;
}

/** The process ids of the workers that are at an activity of that name. */
export async function workersAt(handle: WorkflowHandle, activity: string): Promise<Set<number>> {
  const { raw } = await handle.describe();
  const started = (raw.pendingActivities ?? []).filter(
    ({ activityType, state }) => activityType?.name === activity && state === 2,
  );
  // A worker is known by its process id and its host.
  return new Set(started.map(({ lastWorkerIdentity }) => Number.parseInt(lastWorkerIdentity ?? '', 10)));
}

/** Looks again and again; an error, such as that of a server which is not up yet, counts as no. */
export async function until(satisfied: () => Promise<boolean>, minutes = 2): Promise<void> {
  for (const begun = Date.now(); Date.now() - begun < minutes * 60_000; ) {
    if (await satisfied().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`it did not come to that within ${minutes} minutes`);
}

/** Of a run and its steps, or where no id is given, of all that there is. */
export async function failedWorkflowTasks(client: Client, workflowId = ''): Promise<number> {
  let failed = 0;
  for await (const { workflowId: id, runId } of client.workflow.list()) {
    if (!id.startsWith(workflowId)) continue;
    const { events } = await client.workflow.getHandle(id, runId).fetchHistory();
    failed += (events ?? []).filter((event) => event.workflowTaskFailedEventAttributes).length;
  }
  return failed;
}
