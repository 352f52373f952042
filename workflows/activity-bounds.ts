import type { Priority } from '@temporalio/common';
import {
  ActivityCancellationType,
  type ActivityOptions,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { EvaluateActivities } from './contracts/evaluate.ts';
import { LONGEST_WAIT_MS } from './contracts/failures.ts';
import type { GradeActivities } from './contracts/filter.ts';
import type { GenerateActivities } from './contracts/generate-activities.ts';
import type { DataActivities } from './contracts/pipeline.ts';
import type { RatingActivities } from './contracts/rate.ts';
import type { NotifyActivities } from './contracts/run/events.ts';
import type { RunRecordActivities } from './contracts/run/record.ts';
import { DEFAULT_HEARTBEAT_SECONDS, HEARTBEATS_PER_TIMEOUT } from './contracts/run/start.ts';
import { taskQueuesOf, type WorkerRole } from './contracts/run.ts';
import type { EngineActivities, TrainActivities } from './contracts/train-activities.ts';

/**
 * Every activity is bounded twice: per attempt (`startToCloseTimeout`, and a heartbeat that a dead worker
 * stops sending) and in total (tries, and `scheduleToCloseTimeout`). What is used up ends no run: it pauses,
 * says why, and has the activity done again at growing intervals (`outage.ts`). So the tries, about two minutes
 * of them, say only how soon a person hears of it. What waits for a person is no activity, and is unbounded.
 */
const BOUNDS: ActivityOptions = {
  retry: { initialInterval: '1s', maximumInterval: '1m', maximumAttempts: 8 },
  // A cancelled attempt waits for answers that are paid for, and saves what it has: its end is waited for.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

/** Reads and writes of the store: minutes at the most, even for a full corpus. */
const DATA: ActivityOptions = {
  ...BOUNDS,
  startToCloseTimeout: '1h',
  scheduleToCloseTimeout: '6h',
};

/** One request: the provider's own retry advice (nextRetryDelay) goes before this backoff. */
const REQUEST: ActivityOptions = {
  ...BOUNDS,
  startToCloseTimeout: '15m',
  scheduleToCloseTimeout: '2h',
};

/** Submitting a job: `SUBMISSION_MS` in activities/generate/batch/submit.ts is the bound of an attempt. */
const SUBMISSION: ActivityOptions = { ...REQUEST, startToCloseTimeout: '15m' };

/** Reading what a job of 50,000 prompts answered into the ledger. */
const COLLECTION: ActivityOptions = { ...DATA, startToCloseTimeout: '2h' };

/** One look at a job. */
const LOOK: ActivityOptions = { ...REQUEST, startToCloseTimeout: '5m' };

const TRAINING: ActivityOptions = {
  ...BOUNDS,
  startToCloseTimeout: '7 days',
  scheduleToCloseTimeout: '30 days',
};

const JUDGEMENT: ActivityOptions = {
  ...BOUNDS,
  startToCloseTimeout: '12h',
  scheduleToCloseTimeout: '2 days',
};

/** A few kilobytes, at the very end: a run is not kept from ending for long. */
const RECORD: ActivityOptions = { ...DATA, startToCloseTimeout: '1m', scheduleToCloseTimeout: '10m' };

/** Of a webhook an attempt has seconds; tries come at growing intervals, up to half an hour, for as long as it is told. */
const DELIVERY: ActivityOptions = {
  ...BOUNDS,
  startToCloseTimeout: '1m',
  retry: { initialInterval: '5s', maximumInterval: LONGEST_WAIT_MS },
};

type BatchActivity = 'submitBatch' | 'pollBatch' | 'cancelBatch' | 'collectBatch';

/**
 * A run's place where work waits for a worker: its priority, and within that a key by which runs take turns,
 * however much each has waiting. Child workflows hand both on to their activities.
 */
export function schedulingOf(settings: { priority: number; fairnessKey: string | null }): Priority {
  const { root, workflowId } = workflowInfo();
  return {
    priorityKey: settings.priority,
    fairnessKey: settings.fairnessKey ?? shortKey(root?.workflowId ?? workflowId),
  };
}

/** A fairness key has 64 bytes at the most; the ends of a longer id tell more than its middle. */
function shortKey(id: string): string {
  const plain = id.replaceAll(/[^\x20-\x7e]/g, '?');
  return plain.length <= 64 ? plain : `${plain.slice(0, 31)}..${plain.slice(-31)}`;
}

let heartbeatSeconds = DEFAULT_HEARTBEAT_SECONDS;

/** Sets how often the attempts of this workflow heartbeat from now on, in seconds: `resolveInput` knows. */
export function heartbeatsEvery(seconds: number): void {
  heartbeatSeconds = seconds;
}

/** The queue of this workflow's fleet for such work, and when an attempt there counts as dead. */
function on(role: WorkerRole): ActivityOptions {
  return {
    taskQueue: taskQueuesOf(workflowInfo().taskQueue)[role],
    heartbeatTimeout: HEARTBEATS_PER_TIMEOUT * heartbeatSeconds * 1000,
  };
}

/** `summary` is what the Temporal UI shows beside the activity's name. */
export const processing = (summary: string) =>
  proxyActivities<DataActivities>({ ...DATA, ...on('processing'), summary });
export const generating = (summary: string, priority: Priority) =>
  proxyActivities<Omit<GenerateActivities, 'answerRequest' | BatchActivity>>({
    ...DATA,
    ...on('processing'),
    summary,
    priority,
  });
export const requesting = (summary: string, priority: Priority) =>
  proxyActivities<Pick<GenerateActivities, 'answerRequest'>>({
    ...REQUEST,
    ...on('requests'),
    summary,
    priority,
  });
export const submitting = (summary: string, priority: Priority) =>
  proxyActivities<Pick<GenerateActivities, 'submitBatch'>>({
    ...SUBMISSION,
    ...on('requests'),
    summary,
    priority,
  });
export const watching = (summary: string, priority: Priority) =>
  proxyActivities<Pick<GenerateActivities, 'pollBatch' | 'cancelBatch'>>({
    ...LOOK,
    ...on('requests'),
    summary,
    priority,
  });
export const collecting = (summary: string, priority: Priority) =>
  proxyActivities<Pick<GenerateActivities, 'collectBatch'>>({
    ...COLLECTION,
    ...on('processing'),
    summary,
    priority,
  });
export const training = (summary: string) =>
  proxyActivities<TrainActivities>({ ...TRAINING, ...on('gpu'), summary });
/** Of work on several workers at once: where one fails, all begin anew, and that is for the workflow to do. */
export const trainingTogether = (summary: string) =>
  proxyActivities<Pick<TrainActivities, 'trainShard'> & Pick<EngineActivities, 'joinShard'>>({
    ...TRAINING,
    ...on('gpu'),
    retry: { maximumAttempts: 1 },
    summary,
  });
export const checkingEngine = () =>
  proxyActivities<Pick<EngineActivities, 'checkEngine'>>({
    ...LOOK,
    ...on('gpu'),
    // Whoever pays for GPU workers may start them once there is something to train.
    scheduleToStartTimeout: '1m',
    summary: 'look whether a GPU worker has what trains',
  });
export const inferring = (summary: string) =>
  proxyActivities<Omit<EvaluateActivities, 'judgePairs' | 'askTeacher'>>({
    ...JUDGEMENT,
    ...on('gpu'),
    summary,
  });
export const judging = (summary: string) =>
  proxyActivities<Pick<EvaluateActivities, 'judgePairs' | 'askTeacher'>>({
    ...JUDGEMENT,
    ...on('requests'),
    summary,
  });
export const grading = (summary: string) =>
  proxyActivities<GradeActivities>({ ...JUDGEMENT, ...on('requests'), summary });
export const rating = (summary: string) =>
  proxyActivities<RatingActivities>({ ...DATA, ...on('processing'), summary });
export const recording = () =>
  proxyActivities<RunRecordActivities>({
    ...RECORD,
    ...on('processing'),
    summary: 'keep a record of the run',
  });
/** @param withinMs from now on, tries and waits together */
export const delivering = (summary: string, withinMs: number) =>
  proxyActivities<Pick<NotifyActivities, 'deliverEvent'>>({
    ...DELIVERY,
    ...on('requests'),
    scheduleToCloseTimeout: withinMs,
    summary,
  });
export const lookingAt = (summary: string) =>
  proxyActivities<Pick<NotifyActivities, 'checkEndpoints' | 'lookAtRun'>>({
    ...LOOK,
    ...on('requests'),
    summary,
  });
