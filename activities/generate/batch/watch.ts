import type { PollBatchResult } from '../../../workflows/contracts/generate-activities.ts';
import type { GenerationRun } from '../generation-run.ts';
import { findJob } from './find-job.ts';
import { JOB_FIELD, jobMetadata } from './job.ts';
import { hasEnded } from './job-status.ts';

/** One look at a job. */
export async function pollBatch(batch: string, run: GenerationRun): Promise<PollBatchResult> {
  const { status, done, total } = await run.batchEndpoint().look(batch);
  return { status, ended: hasEnded(status), done, total };
}

/**
 * Cancels a job at the provider: what it has answered is kept there until it is collected.
 *
 * @param batch null where the asking ended before the job's id was known: it is looked for by its name
 */
export async function cancelBatch(batch: string | null, run: GenerationRun, paidBy: string): Promise<void> {
  const endpoint = run.batchEndpoint();
  const name = jobMetadata(run.ledger.name, paidBy)[JOB_FIELD];
  const id = batch ?? (await findJob(name, Date.now(), run))?.id;
  if (id !== undefined) await endpoint.cancel(id);
}
