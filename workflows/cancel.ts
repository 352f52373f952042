import { CancellationScope, getExternalWorkflowHandle } from '@temporalio/workflow';

/**
 * Asks a workflow to end, and throws nothing where there is none: it may have ended in the same moment. By its id, as
 * all that is said to a child: what a run was before a reset stays its children's parent to the server, which takes
 * nothing to them from the run after it as their parent's.
 *
 * @param runId only this run of it
 */
export async function cancel(workflowId: string, runId?: string): Promise<void> {
  await CancellationScope.nonCancellable(() =>
    getExternalWorkflowHandle(workflowId, runId)
      .cancel()
      .catch(() => {}),
  );
}
