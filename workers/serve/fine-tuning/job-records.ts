import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { KeyUsedBefore } from '../../runs/start-run.ts';
import { type JobRequest, jobRequest } from './job-request.ts';
import { isJobId } from './model-name.ts';

/**
 * What a run does not know of the job that it is: a record a job, `entries/openai/jobs/ID.json`, which is there before
 * its run is started and stays when the server has forgotten it. A job's id is the workflow id of its run.
 */
const JOBS = 'openai/jobs';
/** Jobs whose model was deleted, a record each: it is served no more. */
const DELETED = 'openai/deleted-models';

const jobRecord = z.object({
  id: z.string(),
  createdAt: z.iso.datetime(),
  /** the name of who asked for it */
  by: z.string(),
  request: jobRequest,
  /** what its model is called once there is one */
  fineTunedModel: z.string(),
});
export type JobRecord = z.infer<typeof jobRecord>;

type Store = Pick<ArtifactStore, 'readEntry' | 'writeEntry' | 'writeEntryOnce' | 'listEntries'>;

/**
 * Writes a record, unless it is there: then that one is given back.
 *
 * @throws KeyUsedBefore where the one that is there is of another request
 */
export async function keepJob(store: Store, record: JobRecord): Promise<JobRecord> {
  if (await store.writeEntryOnce(`${JOBS}/${record.id}.json`, `${JSON.stringify(record, null, 2)}\n`))
    return record;
  const before = await keptJob(store, record.id, record.request);
  if (before === null) throw new KeyUsedBefore(record.id);
  return before;
}

/**
 * Null where there is none of that id.
 *
 * @throws KeyUsedBefore where the one that is there is of another request
 */
export async function keptJob(
  store: Pick<Store, 'readEntry'>,
  id: string,
  request: JobRequest,
): Promise<JobRecord | null> {
  const before = await readJob(store, id);
  if (before !== null && !isDeepStrictEqual(before.request, request)) throw new KeyUsedBefore(id);
  return before;
}

/** Null where there is none of that id. */
export async function readJob(store: Pick<Store, 'readEntry'>, id: string): Promise<JobRecord | null> {
  const content = isJobId(id) ? await store.readEntry(`${JOBS}/${id}.json`) : null;
  return content && jobRecord.parse(JSON.parse(content.toString('utf8')));
}

export async function markDeleted(store: Store, jobId: string, by: string, now = new Date()): Promise<void> {
  const record = { by, at: now.toISOString() };
  await store.writeEntry(`${DELETED}/${jobId}.json`, `${JSON.stringify(record)}\n`);
}

export async function isMarkedDeleted(store: Pick<Store, 'readEntry'>, jobId: string): Promise<boolean> {
  return (await store.readEntry(`${DELETED}/${jobId}.json`)) !== null;
}

/** Ids of all such jobs. */
export async function listDeleted(store: Pick<Store, 'listEntries'>): Promise<Set<string>> {
  return new Set((await store.listEntries(DELETED)).map((name) => name.replace(/\.json$/, '')));
}

/** Deletes what is known of a job beside its run; where there is none, nothing. */
export async function removeJob(store: Pick<ArtifactStore, 'removeEntries'>, id: string): Promise<void> {
  if (!isJobId(id)) return;
  await store.removeEntries(`${JOBS}/${id}.json`);
  await store.removeEntries(`${DELETED}/${id}.json`);
}
