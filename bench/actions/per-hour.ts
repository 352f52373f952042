import { heartbeatInterval } from '../../activities/attempt.ts';
import {
  SHORTEST_INTERVAL_MS as SIGNAL_MS,
  SIGNALS_IN_A_RUN,
} from '../../activities/train/process/signalling.ts';
import { SHORTEST_INTERVAL_MS as REPORT_MS, SHARE_OF_ELAPSED } from '../../workflows/report-to-parent.ts';

const HOUR_MS = 3_600_000;
/** Timeouts of workflows/activity-bounds.ts: of a request, and of everything else. */
const REQUEST_TIMEOUT_MS = 30_000;
const TIMEOUT_MS = 60_000;

export interface Load {
  /** requests in flight */
  concurrency: number;
  /** what a request takes */
  answerMs: number;
}

/** As many requests and answers as slow as the table of docs/workers.md says. */
const LOAD: Load = { concurrency: 32, answerMs: 8000 };

/**
 * Actions of Temporal Cloud in the first hour of each step, as part of a run: what activities, heartbeats and
 * signals take by the code's own constants. A later hour has fewer reports.
 */
export function actionsPerHour(load: Load = LOAD): Record<string, Record<string, number>> {
  const beats = perHour(heartbeatInterval(TIMEOUT_MS));
  const reports = reportsInHour(1);
  const requests = Math.round(load.concurrency * perHour(load.answerMs));
  const beatsOfRequest = Math.floor(load.answerMs / heartbeatInterval(REQUEST_TIMEOUT_MS));
  return {
    'sample, dedupe, tokenize, release: each activity that runs': { heartbeats: beats },
    generate: { activities: requests, heartbeats: requests * beatsOfRequest, signals: reports },
    'train: each shard that runs': {
      heartbeats: beats,
      signals: Math.min(SIGNALS_IN_A_RUN, perHour(SIGNAL_MS)) + reports,
    },
    'evaluate: each part that runs': { heartbeats: beats },
    'a run that is paused': {},
  };
}

/** Heartbeats of one activity that runs for so long. */
export function heartbeatsOf(milliseconds: number): number {
  return Math.floor(milliseconds / heartbeatInterval(TIMEOUT_MS));
}

/** Reports of a step to its run in its n-th hour: at the shortest interval first, then by their share of the time gone by. */
export function reportsInHour(hour: number): number {
  const sparseFrom = REPORT_MS / SHARE_OF_ELAPSED;
  const [from, to] = [(hour - 1) * HOUR_MS, hour * HOUR_MS];
  const dense = Math.max(0, Math.min(to, sparseFrom) - from) / REPORT_MS;
  const sparse = to > sparseFrom ? Math.log(to / Math.max(from, sparseFrom)) / SHARE_OF_ELAPSED : 0;
  return Math.round(dense + sparse);
}

function perHour(intervalMs: number): number {
  return HOUR_MS / intervalMs;
}
