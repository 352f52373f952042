import { setTimeout as sleep } from 'node:timers/promises';
import { AlpacaError } from '../../../activities/errors.ts';
import { type AlpacaResult, alpacaResult } from '../../../workflows/contracts/pipeline.ts';
import { howToGoOn, type RunAddress } from '../../how-to-go-on.ts';
import { liveProgress } from '../../runs/live-progress.ts';
import { isUnanswered } from '../../unanswered.ts';
import { Interrupted } from '../outcome.ts';
import { openProgress, type ProgressDisplay } from './progress-bars.ts';

/** What following asks of a run: a part of Temporal's WorkflowHandle. */
export interface FollowedRun {
  describe(): Promise<{ closeTime?: Date | undefined; taskQueue: string }>;
  query(name: 'progress'): Promise<unknown>;
  result(): Promise<unknown>;
}

export interface Following {
  run: RunAddress;
  /** the connection's own: every call gets an end, for one that is retried outlives a closed connection */
  withDeadline<Answer>(deadline: number, call: () => Promise<Answer>): Promise<Answer>;
  /** the query `progress` of a step that runs as a workflow of its own */
  askStep(workflowId: string): Promise<unknown>;
  /** what to say where nobody polls a queue of the run's fleet; null where all are polled */
  unpolled(taskQueue: string): Promise<string | null>;
  /** aborts at Ctrl-C */
  signal: AbortSignal;
  /** rejects when the environment can no longer stand */
  failure: Promise<never>;
  /** what an interrupted person is told */
  howToResume: string;
  display?: ProgressDisplay;
}

const ASK_EVERY_MS = 500;
const ANSWER_WITHIN_MS = 5000;
/** A query waits for a worker: without one there is no progress to show, and Ctrl-C waits as long. */
const QUERY_WITHIN_MS = 2500;
const ASK_FOR_WORKERS_EVERY_MS = 15_000;
/** Workers that are started together with the run have polled by then. */
const WORKERS_START_WITHIN_MS = 5000;
/** A server that comes back within this finds the command still there. */
const SERVER_MAY_BE_AWAY_MS = 60_000;

/**
 * Shows a run's progress until it ends, asking again and again. However it returns, nothing that it asked
 * of the server is still under way: the connection may be closed.
 *
 * @returns null of the first run of a schedule that found nothing new
 * @throws Interrupted when `signal` aborts: the run itself goes on; whatever the workflow failed with;
 *   AlpacaError Configuration where the server stays away
 */
export async function followRun(handle: FollowedRun, following: Following): Promise<AlpacaResult | null> {
  const { withDeadline, display = openProgress() } = following;
  const end = endOf(following);
  const within = <Answer>(ms: number, call: () => Promise<Answer>) => withDeadline(Date.now() + ms, call);
  let answeredAt = Date.now();
  const { workflowId } = following.run;
  const ask = (id: string) => (id === workflowId ? handle.query('progress') : following.askStep(id));
  const told = new Set<string>();
  const workers = watchWorkers((taskQueue) => within(QUERY_WITHIN_MS, () => following.unpolled(taskQueue)));
  try {
    for (;;) {
      try {
        const { closeTime, taskQueue } = await within(ANSWER_WITHIN_MS, () => handle.describe());
        answeredAt = Date.now();
        const found = end.aborted
          ? null
          : await within(QUERY_WITHIN_MS, () => liveProgress(workflowId, ask)).catch(() => null);
        if (found) display.show(found);
        const way = found && howToGoOn(found, following.run);
        if (way && !told.has(way.why)) {
          told.add(way.why);
          display.say(`${way.why}: ${way.command}`);
        }
        const missing = closeTime || end.aborted ? null : await workers(taskQueue);
        if (missing !== null) display.say(missing);
        if (closeTime)
          return alpacaResult.nullable().parse(await within(ANSWER_WITHIN_MS, () => handle.result()));
      } catch (error) {
        if (!isUnanswered(error)) throw error;
        if (Date.now() - answeredAt > SERVER_MAY_BE_AWAY_MS) throw awayTooLong(following.run, error);
      }
      await sleep(ASK_EVERY_MS, undefined, { signal: end }).catch(() => {});
      end.throwIfAborted();
    }
  } finally {
    display.close();
  }
}

/** Looks now and then whether the fleet has workers, and says what changed for the worse. */
function watchWorkers(ask: (taskQueue: string) => Promise<string | null>) {
  let askedAt = Date.now() - ASK_FOR_WORKERS_EVERY_MS + WORKERS_START_WITHIN_MS;
  let said: string | null = null;
  return async (taskQueue: string): Promise<string | null> => {
    if (Date.now() - askedAt < ASK_FOR_WORKERS_EVERY_MS) return null;
    askedAt = Date.now();
    // A server that does not tell is no reason to end watching.
    const found = await ask(taskQueue).catch(() => said);
    if (found === said) return null;
    said = found;
    return found;
  };
}

/** Aborts when following is to end before the run does; its reason says why. */
function endOf({ signal, failure, howToResume }: Following): AbortSignal {
  const end = new AbortController();
  const interrupt = () => end.abort(new Interrupted(howToResume));
  if (signal.aborted) interrupt();
  else signal.addEventListener('abort', interrupt, { once: true });
  failure.catch((error: unknown) => end.abort(error));
  return end.signal;
}

function awayTooLong({ address, workflowId }: RunAddress, cause: unknown): AlpacaError {
  return new AlpacaError(
    'Configuration',
    `The Temporal server at ${address} has not answered for ${SERVER_MAY_BE_AWAY_MS / 1000} s.`,
    { remedy: `Once it does, go on watching with: npx alpaca watch ${workflowId}`, cause },
  );
}
