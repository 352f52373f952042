import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { type RunTraining, readRunTraining } from '../../../activities/train/run-training.ts';
import { requireRole, type Visitor } from '../../runs/access/visitor.ts';
import type { ListedRun, RunSource, RunView } from '../../runs/runs.ts';
import { workflowIdOf } from '../../runs/start-run.ts';
import type { RunSteering } from '../../runs/steering.ts';
import { isUnanswered } from '../../unanswered.ts';
import type { MadeFile } from '../files/file-routes.ts';
import { fileOf } from '../files/uploaded-files.ts';
import { Refused } from '../openai-errors.ts';
import type { BaseModel } from './base-model.ts';
import { type JobBody, type JobRun, JUST_STARTED, jobBody } from './job-body.ts';
import { type CheckpointBody, jobCheckpoints } from './job-checkpoints.ts';
import { type JobEvent, jobEvents } from './job-events.ts';
import { jobInput } from './job-input.ts';
import { type JobRecord, keepJob, keptJob, readJob, removeJob } from './job-records.ts';
import { readJobRequest } from './job-request.ts';
import { jobOfResults, resultsCsv } from './job-results.ts';
import { JOB_PREFIX, nameOfModel } from './model-name.ts';

/** Fine-tuning jobs: each is a run of `alpaca` from an uploaded file, whose workflow id is the job's. */
export interface JobPlaces {
  store: ArtifactStore;
  runs: RunSource;
  steering: RunSteering;
  /** @throws Refused where there is none of that name */
  findBase(name: string): Promise<BaseModel>;
}

/** Jobs that are looked through where they are chosen by their metadata. */
const MOST_LOOKED_THROUGH = 1000;
/** How long whoever cancels is kept for its end. */
const ENDS_WITHIN_MS = 5000;
const LOOK_EVERY_MS = 200;

/**
 * Starts a job. Its record is written before its run is started, under the same id: what is asked again with the same
 * key finds both, whatever has become of files and base. Where nothing is started the record goes again.
 *
 * @param key the same key of the same visitor starts one job; null: a job each time
 * @throws Refused; AlpacaError Permission; KeyUsedBefore
 */
export async function createJob(
  places: JobPlaces,
  visitor: Visitor,
  body: unknown,
  key: string | null,
): Promise<JobBody> {
  requireRole(visitor, 'run');
  const { store, steering, findBase } = places;
  const request = readJobRequest(body);
  const start = { workflow: 'alpaca', key: key ?? randomUUID(), prefix: JOB_PREFIX } as const;
  const id = workflowIdOf(start, visitor);
  const before = await keptJob(store, id, request);
  if (before !== null && (await hasRun(places, id))) return jobBody(before, JUST_STARTED);
  const files = {
    training: await fileOf(store, request.trainingFile, 'training_file'),
    validation:
      request.validationFile === null ? null : await fileOf(store, request.validationFile, 'validation_file'),
  };
  const input = jobInput(request, await findBase(request.model), files);
  const record = await keepJob(store, {
    ...{ id, createdAt: new Date().toISOString(), by: visitor.name, request },
    fineTunedModel: nameOfModel(id, request.model, request.suffix),
  });
  try {
    await steering.start(visitor, { ...start, input });
  } catch (error) {
    // A server that did not answer in time may start it yet.
    if (!isUnanswered(error) && !(await hasRun(places, id))) await removeJob(store, id);
    throw error;
  }
  return jobBody(record, JUST_STARTED);
}

async function hasRun({ runs }: JobPlaces, id: string): Promise<boolean> {
  try {
    await runs.view(id);
    return true;
  } catch (error) {
    if (error instanceof AlpacaError && error.code === 'NotFound') return false;
    throw error;
  }
}

export interface JobFilter {
  after?: string | undefined;
  limit: number;
  /** fields that a job's metadata must have; null: it must have none; undefined: whatever it has */
  metadata?: Readonly<Record<string, string>> | null | undefined;
}

/** One more than `limit`, where there are more. */
export async function listJobs(places: JobPlaces, filter: JobFilter): Promise<JobBody[]> {
  const { runs, store } = places;
  const { after, limit, metadata } = filter;
  const listed = await runs.list({
    ...{ workflow: 'alpaca', prefix: `${JOB_PREFIX}-` },
    after: after === undefined ? undefined : (await knownJob(places, after)).run,
    limit: metadata === undefined ? limit + 1 : MOST_LOOKED_THROUGH,
  });
  const found: JobBody[] = [];
  for (const run of listed) {
    const record = await readJob(store, run.workflowId);
    if (record === null || !hasMetadata(record, metadata)) continue;
    found.push(jobBody(record, await toldOf(places, run)));
    if (found.length > limit) break;
  }
  return found;
}

function hasMetadata({ request }: JobRecord, wanted: JobFilter['metadata']): boolean {
  if (wanted === undefined) return true;
  if (wanted === null) return request.metadata === null;
  return Object.entries(wanted).every(([name, value]) => request.metadata?.[name] === value);
}

/** @throws Refused where there is none of that id */
export async function retrieveJob(places: JobPlaces, id: string): Promise<JobBody> {
  const { record, run } = await knownJob(places, id);
  return jobBody(record, await toldOf(places, run));
}

/** Cancels a job, and waits a little for its end. */
export async function cancelJob(places: JobPlaces, visitor: Visitor, id: string): Promise<JobBody> {
  await knownJob(places, id);
  await places.steering.cancel(visitor, id);
  const until = Date.now() + ENDS_WITHIN_MS;
  while ((await places.runs.view(id)).closedAt === null && Date.now() < until) await sleep(LOOK_EVERY_MS);
  return retrieveJob(places, id);
}

/** Pauses a job, or has it go on. */
export async function updateJob(
  places: JobPlaces,
  visitor: Visitor,
  id: string,
  name: 'pause' | 'resume',
): Promise<JobBody> {
  await knownJob(places, id);
  await places.steering.update(visitor, id, { name, body: {}, key: null });
  return retrieveJob(places, id);
}

/** What happened to it, the latest first. */
export async function eventsOfJob(places: JobPlaces, id: string): Promise<JobEvent[]> {
  const { record, run } = await knownJob(places, id);
  const { metrics } = await trainingOf(places, id);
  return jobEvents({ record, run, metrics });
}

/** Its checkpoints, the latest first. */
export async function checkpointsOfJob(places: JobPlaces, id: string): Promise<CheckpointBody[]> {
  const { record } = await knownJob(places, id);
  return jobCheckpoints(record, await trainingOf(places, id));
}

/** The file of a job's results; null where the id is of none, and before the job has succeeded. */
export async function resultsOfJob(places: JobPlaces, fileId: string): Promise<MadeFile | null> {
  const jobId = jobOfResults(fileId);
  if (jobId === null || (await readJob(places.store, jobId)) === null) return null;
  const { status, closedAt } = await places.runs.view(jobId);
  if (status !== 'COMPLETED' || closedAt === null) return null;
  const content = resultsCsv((await trainingOf(places, jobId)).metrics);
  return { filename: 'step_metrics.csv', purpose: 'fine-tune-results', createdAt: closedAt, content };
}

async function knownJob(
  { store, runs }: JobPlaces,
  id: string,
): Promise<{ record: JobRecord; run: RunView }> {
  const record = await readJob(store, id);
  if (record === null) throw unknownJob(id);
  return { record, run: await runs.view(id) };
}

function trainingOf({ store }: JobPlaces, id: string): Promise<RunTraining> {
  return readRunTraining(store, `${id}/train`);
}

/** A line of a list says of a failed run that it failed, and not why. */
async function toldOf(places: JobPlaces, run: ListedRun & { failure?: string | null }): Promise<JobRun> {
  const { status, stage, standing, closedAt, workflowId } = run;
  const isUntold = run.failure === undefined && closedAt !== null && status !== 'COMPLETED';
  const { failure = null } = isUntold ? await places.runs.view(workflowId) : run;
  const tokens = status === 'COMPLETED' ? (await trainingOf(places, workflowId)).metrics : null;
  const trainedTokens = tokens === null ? null : tokens.reduce((sum, step) => sum + step.tokens, 0);
  return { status, stage, standing, closedAt, failure, trainedTokens };
}

function unknownJob(id: string): Refused {
  return new Refused(404, `Could not find fine tune: ${id}`, {
    ...{ param: 'fine_tuning_job_id', code: 'fine_tune_not_found' },
  });
}
