import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type {
  DedupeActivities,
  EvaluateActivities,
  GenerateActivities,
  PreflightActivities,
  ReleaseActivities,
  SampleActivities,
  TokenizeActivities,
  TrainActivities,
} from './contracts/activities.ts';
import { GPU_TASK_QUEUE } from './contracts/task-queues.ts';

/**
 * Every activity is bounded twice: per attempt (`startToCloseTimeout`, and a heartbeat that a dead worker
 * stops sending) and in total (attempts, and `scheduleToCloseTimeout`). What waits for a person is no
 * activity, and is unbounded.
 */
const HEARTBEAT: ActivityOptions = { heartbeatTimeout: '15s' };

/** Reads and writes of the store: minutes at the most, even for a full corpus. */
const DATA: ActivityOptions = {
  ...HEARTBEAT,
  startToCloseTimeout: '1h',
  scheduleToCloseTimeout: '6h',
  retry: { initialInterval: '1s', maximumInterval: '1m', maximumAttempts: 10 },
};

/** One request: the provider's own retry advice (nextRetryDelay) goes before this backoff. */
const REQUEST: ActivityOptions = {
  ...HEARTBEAT,
  startToCloseTimeout: '15m',
  scheduleToCloseTimeout: '2h',
  retry: { initialInterval: '1s', maximumInterval: '1m', maximumAttempts: 8 },
};

/** Submitting a job: `SUBMISSION_MS` in activities/generate/batch/submit.ts is the bound of an attempt. */
const SUBMISSION: ActivityOptions = { ...REQUEST, startToCloseTimeout: '15m' };

/** Reading what a job of 50,000 prompts answered into the ledger. */
const COLLECTION: ActivityOptions = { ...DATA, startToCloseTimeout: '2h' };

/** One look at a job. */
const LOOK: ActivityOptions = { ...REQUEST, startToCloseTimeout: '5m' };

const TRAINING: ActivityOptions = {
  ...HEARTBEAT,
  taskQueue: GPU_TASK_QUEUE,
  startToCloseTimeout: '7 days',
  scheduleToCloseTimeout: '30 days',
  retry: { initialInterval: '1s', maximumInterval: '1m', maximumAttempts: 20 },
};

const JUDGEMENT: ActivityOptions = {
  ...HEARTBEAT,
  startToCloseTimeout: '12h',
  scheduleToCloseTimeout: '2 days',
  retry: { initialInterval: '1s', maximumInterval: '1m', maximumAttempts: 10 },
};

const INFERENCE: ActivityOptions = { ...JUDGEMENT, taskQueue: GPU_TASK_QUEUE };

type BatchActivity = 'submitBatch' | 'pollBatch' | 'cancelBatch' | 'collectBatch';

/** `summary` is what the Temporal UI shows beside the activity's name. */
export const checking = (summary: string) => proxyActivities<PreflightActivities>({ ...DATA, summary });
export const sampling = (summary: string) => proxyActivities<SampleActivities>({ ...DATA, summary });
export const generating = (summary: string) =>
  proxyActivities<Omit<GenerateActivities, 'answerRequest' | BatchActivity>>({ ...DATA, summary });
export const requesting = (summary: string) =>
  proxyActivities<Pick<GenerateActivities, 'answerRequest'>>({ ...REQUEST, summary });
export const submitting = (summary: string) =>
  proxyActivities<Pick<GenerateActivities, 'submitBatch'>>({ ...SUBMISSION, summary });
export const watching = (summary: string) =>
  proxyActivities<Pick<GenerateActivities, 'pollBatch' | 'cancelBatch'>>({ ...LOOK, summary });
export const collecting = (summary: string) =>
  proxyActivities<Pick<GenerateActivities, 'collectBatch'>>({ ...COLLECTION, summary });
export const deduping = (summary: string) => proxyActivities<DedupeActivities>({ ...DATA, summary });
export const tokenizing = (summary: string) => proxyActivities<TokenizeActivities>({ ...DATA, summary });
export const training = (summary: string) => proxyActivities<TrainActivities>({ ...TRAINING, summary });
export const inferring = (summary: string) =>
  proxyActivities<Omit<EvaluateActivities, 'judgePairs'>>({ ...INFERENCE, summary });
export const judging = (summary: string) =>
  proxyActivities<Pick<EvaluateActivities, 'judgePairs'>>({ ...JUDGEMENT, summary });
export const releasing = (summary: string) => proxyActivities<ReleaseActivities>({ ...DATA, summary });
