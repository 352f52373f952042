import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { NotifyActivities } from '../../workflows/contracts/run/events.ts';

/**
 * How an execution of a run stands at the server. One that a reset ended was terminated too, but its run goes on.
 *
 * @param client of the namespace that the worker works for
 */
export function runEnds(client: Client): NotifyActivities['lookAtRun'] {
  return async ({ workflowId, runId }) => {
    try {
      const { status, raw } = await client.workflow.getHandle(workflowId, runId).describe();
      if (status.name === 'RUNNING') return 'open';
      const wasReset = Boolean(raw.workflowExtendedInfo?.resetRunId);
      const isCut = status.name === 'TERMINATED' || status.name === 'TIMED_OUT';
      return isCut && !wasReset ? 'terminated' : 'closed';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'closed';
      throw error;
    }
  };
}
