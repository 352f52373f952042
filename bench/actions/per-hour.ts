import {
  SHORTEST_INTERVAL_MS as SIGNAL_MS,
  SIGNALS_IN_A_RUN,
} from '../../activities/train/process/signalling.ts';
import { DEFAULT_HEARTBEAT_SECONDS } from '../../workflows/contracts/run/start.ts';
import { isWorthTelling, reportInterval } from '../../workflows/decisions/screen/report-pace.ts';

const HOUR_MS = 3_600_000;
/** After so long a generation looks whether it reports. */
const ROUND_MS = 1000;
const HEARTBEAT_MS = DEFAULT_HEARTBEAT_SECONDS * 1000;

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
  const beats = perHour(HEARTBEAT_MS);
  const reports = reportsInHour(1);
  const ofGeneration = reportsOfGenerationInHour(1);
  const requests = Math.round(load.concurrency * perHour(load.answerMs));
  const beatsOfRequest = Math.floor(load.answerMs / HEARTBEAT_MS);
  return {
    'sample, dedupe, tokenize, release: each activity that runs': { heartbeats: beats },
    generate: { activities: requests, heartbeats: requests * beatsOfRequest, signals: ofGeneration },
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
  return Math.floor(milliseconds / HEARTBEAT_MS);
}

/** Reports of a step to its run in its n-th hour, where nothing else makes it report. */
export function reportsInHour(hour: number): number {
  let reports = 0;
  for (let at = 0; at < hour * HOUR_MS; at += reportInterval(at))
    if (at >= (hour - 1) * HOUR_MS) reports += 1;
  return reports;
}

/** The same of a generation that goes on at a steady pace, for whose counts it reports too. */
export function reportsOfGenerationInHour(hour: number): number {
  let reports = 0;
  let last = Number.NEGATIVE_INFINITY;
  const countsAt = (time: number) => ({ accepted: Math.max(0, time), costUsd: 0 });
  for (let at = 0; at < hour * HOUR_MS; at += ROUND_MS) {
    const isTold = isWorthTelling(countsAt(at), countsAt(last), at - last, null);
    if (!isTold && at - last < reportInterval(at)) continue;
    last = at;
    if (at >= (hour - 1) * HOUR_MS) reports += 1;
  }
  return reports;
}

function perHour(intervalMs: number): number {
  return HOUR_MS / intervalMs;
}
