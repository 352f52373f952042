import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { temporal } from '@temporalio/proto';

type Event = temporal.api.history.v1.IHistoryEvent;

/** What the server had to keep of a workflow, over its whole chain of continue-as-new. */
export interface HistoryFigures {
  /** events of each run of the chain, in order */
  eventsPerRun: number[];
  largestPayloadBytes: number;
  workflowTasks: number;
  /** where a request's time went beside its latency: milliseconds on average */
  waits: {
    /** from its scheduling until a worker began it */
    untilStarted: number;
    /** from then until the server had its result */
    untilCompleted: number;
    /** from then until the workflow had acted on it */
    untilSeen: number;
  };
}

export async function measureHistory(
  client: Client,
  workflowId: string,
  firstRunId: string,
): Promise<HistoryFigures> {
  const figures = { eventsPerRun: [] as number[], largestPayloadBytes: 0, workflowTasks: 0 };
  const requests = new RequestTimes();
  for (let runId: string | null = firstRunId; runId !== null; ) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    figures.eventsPerRun.push(events?.length ?? 0);
    runId = null;
    requests.beginRun();
    for (const event of events ?? []) {
      figures.largestPayloadBytes = Math.max(figures.largestPayloadBytes, largestPayload(event));
      if (event.workflowTaskCompletedEventAttributes) figures.workflowTasks += 1;
      runId = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? runId;
      requests.take(event);
    }
  }
  return { ...figures, waits: requests.means() };
}

/** The most bytes of any payload in an event: an input, a result, a signal, a failure's details. */
function largestPayload(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0;
  const own = 'data' in value && value.data instanceof Uint8Array ? value.data.length : 0;
  return Object.values(value).reduce((most: number, inner) => Math.max(most, largestPayload(inner)), own);
}

/** Sums up how long the requests of a chain of runs waited, event by event. */
class RequestTimes {
  #scheduled = new Map<string, number>();
  #started = new Map<string, { scheduled: string; at: number }>();
  /** when the results that no workflow task has taken up yet came */
  #unseen: number[] = [];
  #count = 0;
  readonly #sums = { untilStarted: 0, untilCompleted: 0, untilSeen: 0 };

  /** Event ids begin anew in each run. */
  beginRun(): void {
    this.#scheduled.clear();
    this.#started.clear();
  }

  take(event: Event): void {
    const at = tsToMs(event.eventTime);
    const scheduled = event.activityTaskScheduledEventAttributes;
    const started = event.activityTaskStartedEventAttributes;
    const completed = event.activityTaskCompletedEventAttributes;
    if (scheduled?.activityType?.name === 'answerRequest') this.#scheduled.set(String(event.eventId), at);
    if (started)
      this.#started.set(String(event.eventId), { scheduled: String(started.scheduledEventId), at });
    if (completed) this.#complete(String(completed.startedEventId), at);
    if (event.workflowTaskCompletedEventAttributes) {
      for (const came of this.#unseen) this.#sums.untilSeen += at - came;
      this.#unseen = [];
    }
  }

  #complete(startedEvent: string, at: number): void {
    const started = this.#started.get(startedEvent);
    const scheduledAt = this.#scheduled.get(started?.scheduled ?? '');
    if (started === undefined || scheduledAt === undefined) return;
    this.#count += 1;
    this.#sums.untilStarted += started.at - scheduledAt;
    this.#sums.untilCompleted += at - started.at;
    this.#unseen.push(at);
  }

  means(): HistoryFigures['waits'] {
    const mean = (sum: number) => Math.round(sum / this.#count);
    const { untilStarted, untilCompleted, untilSeen } = this.#sums;
    return {
      untilStarted: mean(untilStarted),
      untilCompleted: mean(untilCompleted),
      untilSeen: mean(untilSeen),
    };
  }
}
