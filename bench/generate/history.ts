import type { Client } from '@temporalio/client';

/** What the server had to keep of a workflow, over its whole chain of continue-as-new. */
export interface HistoryFigures {
  /** events of each run of the chain, in order */
  eventsPerRun: number[];
  largestPayloadBytes: number;
  workflowTasks: number;
}

export async function measureHistory(
  client: Client,
  workflowId: string,
  firstRunId: string,
): Promise<HistoryFigures> {
  const figures: HistoryFigures = { eventsPerRun: [], largestPayloadBytes: 0, workflowTasks: 0 };
  for (let runId: string | null = firstRunId; runId !== null; ) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    figures.eventsPerRun.push(events?.length ?? 0);
    runId = null;
    for (const event of events ?? []) {
      figures.largestPayloadBytes = Math.max(figures.largestPayloadBytes, largestPayload(event));
      if (event.workflowTaskCompletedEventAttributes) figures.workflowTasks += 1;
      runId = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? runId;
    }
  }
  return figures;
}

/** The most bytes of any payload in an event: an input, a result, a signal, a heartbeat, a memo. */
function largestPayload(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0;
  const own = 'data' in value && value.data instanceof Uint8Array ? value.data.length : 0;
  return Object.values(value).reduce((most: number, inner) => Math.max(most, largestPayload(inner)), own);
}
