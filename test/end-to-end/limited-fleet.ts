import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LimitsView, rateLimitWorkflowId } from '../../workflows/contracts/fleet/rate-limit.ts';
import { type Processes, startProcesses } from '../processes.ts';

/**
 * A fleet of three worker processes against an endpoint process that enforces no limit itself: what its
 * own log shows is what the fleet really sent.
 */
export interface LimitedFleet {
  readonly processes: Processes;
  /** the most holders of a share that the limiter ever showed */
  readonly mostHolders: number;
  /** Lets the fleet work for so long, and looks at the limiter meanwhile. */
  work(ms: number): Promise<void>;
  limits(): Promise<LimitsView>;
  /** what the endpoint counted from a time on, one entry an answered request */
  counted(since?: number): Promise<Array<{ at: number; tokens: number }>>;
}

export async function startLimitedFleet(limits: {
  requestsPerMinute: number;
  tokensPerMinute: number;
  windowSeconds: number;
}): Promise<LimitedFleet> {
  const noFaults = { rateLimited: 0, serverError: 0, cutConnection: 0, malformedBody: 0, emptyChoices: 0 };
  const processes = await startProcesses({
    teacher: [
      ...['--limit-window-ms', String(limits.windowSeconds * 1000)],
      '--latency-ms',
      '20',
      '--latency-spread-ms',
      '40',
      '--faults',
      JSON.stringify(noFaults),
    ],
    profiles: (baseUrl) => {
      const unlimited = {
        baseUrl,
        model: 'offline-composer',
        price: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 },
      };
      return { unlimited, limited: { ...unlimited, limits: { ...limits, leasesPerSecond: 10 } } };
    },
  });
  await Promise.all(
    (['data-worker', 'data-worker-2', 'data-worker-3'] as const).map((name) => processes.start(name)),
  );
  const limiter = processes.client.workflow.getHandle(rateLimitWorkflowId('alpaca', 'limited'));
  let mostHolders = 0;
  return {
    processes,
    get mostHolders() {
      return mostHolders;
    },
    async work(ms) {
      const end = Date.now() + ms;
      while (Date.now() < end) {
        const view = await limiter.query<LimitsView>('limits').catch(() => null);
        mostHolders = Math.max(mostHolders, view?.holders ?? 0);
        await sleep(250);
      }
    },
    limits: () => limiter.query<LimitsView>('limits'),
    async counted(since = 0) {
      const log = await processes.teacherLog();
      return log
        .filter(({ status }) => status === 200)
        .map(({ time, promptTokens, completionTokens }) => ({
          at: Date.parse(time),
          tokens: promptTokens + completionTokens,
        }))
        .filter(({ at }) => at >= since);
    },
  };
}

/** Starts a run, by the name of its teacher profile, that asks for far more than any limit allows. */
export async function askForMore({ processes }: LimitedFleet, teacher: string): Promise<void> {
  await processes.client.workflow.start('generate', {
    taskQueue: 'alpaca',
    workflowId: `hungry-${teacher}`,
    args: [{ teacher, target: 100_000, concurrency: 24, maxTokens: 2048, instructionsPerPrompt: 20 }],
  });
}

/** The most tokens, and the most requests, in any window of the log. */
export function fullestWindow(counted: ReadonlyArray<{ at: number; tokens: number }>, windowMs: number) {
  const inOrder = [...counted].sort((a, b) => a.at - b.at);
  let tokens = 0;
  let first = 0;
  const most = { tokens: 0, requests: 0 };
  for (const [last, entry] of inOrder.entries()) {
    tokens += entry.tokens;
    for (let oldest = inOrder[first]; oldest && oldest.at <= entry.at - windowMs; oldest = inOrder[first]) {
      tokens -= oldest.tokens;
      first += 1;
    }
    most.tokens = Math.max(most.tokens, tokens);
    most.requests = Math.max(most.requests, last - first + 1);
  }
  return most;
}

/** Tokens per window from the first to the last entry, as a share of the limit. */
export function throughput(
  counted: ReadonlyArray<{ at: number; tokens: number }>,
  windowMs: number,
  limit: number,
): number {
  const times = counted.map(({ at }) => at);
  assert.ok(times.length > 1, 'nothing was sent');
  const windows = (Math.max(...times) - Math.min(...times)) / windowMs;
  return counted.reduce((all, { tokens }) => all + tokens, 0) / limit / (windows + 1);
}
