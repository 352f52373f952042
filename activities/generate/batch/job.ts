import { createHash } from 'node:crypto';
import type { JobPlan } from '../../../workflows/contracts/generate-activities.ts';
import type { Price } from '../../teacher/profile/prices.ts';
import { priceOf, type TeacherProfile } from '../../teacher/profile/profiles.ts';
import {
  endpointOf,
  type RequestBody,
  requestBody,
  type TeacherRequest,
} from '../../teacher/request-body.ts';
import type { RunPrompts } from '../prompt/run-prompts.ts';

/** The field of a job's metadata that holds the name by which it is found again. */
export const JOB_FIELD = 'alpaca_job';

/** The intent, as the job itself carries it: at most 16 values of at most 512 characters. */
export interface JobMetadata {
  [JOB_FIELD]: string;
  /** who pays: the run, its requests and the asking */
  paid_by: string;
}

/**
 * The name of the job of one asking, the same for each attempt at it.
 *
 * @param paidBy names the run, the range of requests and the asking
 */
export function jobMetadata(ledger: string, paidBy: string): JobMetadata {
  const digest = createHash('sha256').update(`${ledger}\n${paidBy}`).digest('hex');
  return { [JOB_FIELD]: `alpaca-${digest.slice(0, 32)}`, paid_by: paidBy.slice(0, 512) };
}

/** Whether two askings, each `RUN/REQUESTS/ASKING`, are of one run. */
export function isOfRun(paidBy: string, other: string): boolean {
  return runOf(paidBy) === runOf(other);
}

/**
 * Whether the books of an asking by the job have what another asking paid for one of its prompts. The first asking of a
 * range has all that its run paid, as before it was reset, with jobs of the same or another size; each later one what
 * comes by the job that it waits for.
 *
 * @param job the name of that job; null where it waits for none
 */
export function isPaidWithin(
  payer: string,
  { asking, paidBy, job }: { asking: number; paidBy: string; job: string | null },
  ledger: string,
): boolean {
  if (!isOfRun(payer, paidBy)) return false;
  if (asking === 0) return true;
  return job === null ? payer === paidBy : jobMetadata(ledger, payer)[JOB_FIELD] === job;
}

function runOf(paidBy: string): string {
  return paidBy.split('/').slice(0, -2).join('/');
}

/** Where a job's requests go: every line says so, and so does the job. */
export type JobEndpoint = '/v1/chat/completions' | '/v1/completions';

export function jobEndpoint(style: TeacherRequest['style']): JobEndpoint {
  return `/v1${endpointOf({ style })}`;
}

/** One line of a job's file. The `custom_id` is the prompt's key in the ledger. */
export function jobLine(key: string, request: TeacherRequest, profile: TeacherProfile): string {
  const body: RequestBody = requestBody(request, profile);
  const line = { custom_id: key, method: 'POST', url: jobEndpoint(request.style), body };
  return `${JSON.stringify(line)}\n`;
}

/** What a token costs by job. */
export function batchPrice(profile: TeacherProfile): Price {
  const price = priceOf(profile);
  const factor = profile.batch?.priceFactor ?? 1;
  const byJob = Object.entries(price).map(([kind, usd = 0]) => [kind, usd * factor]);
  return { ...price, ...Object.fromEntries(byJob) };
}

/** OpenAI's limits of one job: lines, and bytes of its file. */
export const MOST_LINES = 50_000;
const MOST_BYTES = 200_000_000;

/** What a line holds beside the prompt: its key, its parameters and their names. */
export const LINE_BYTES = 1000;

/**
 * How a run asks by job; null where its profile does not. A job is never larger than the provider
 * takes, even if all its prompts were as long as the run's longest.
 */
export function batchPlan(
  profile: TeacherProfile,
  prompts: Pick<RunPrompts, 'longest'>,
  promptsPerRequest: number,
): JobPlan | null {
  if (profile.batch === null) return null;
  const bytes = Buffer.byteLength(JSON.stringify(prompts.longest())) + LINE_BYTES;
  const lines = Math.min(MOST_LINES, Math.floor(MOST_BYTES / bytes));
  const fitting = Math.max(1, Math.floor(lines / promptsPerRequest));
  const { requestsPerJob, pollSeconds } = profile.batch;
  return { requestsPerJob: Math.min(requestsPerJob, fitting), pollSeconds };
}
