import type { StepMetrics } from '../../../activities/train/metrics.ts';
import { isJobId, JOB_PREFIX } from './model-name.ts';

/** The file of a job's results, which is made of what its training recorded whenever it is asked for. */

/** The id of the file; the job's own is in it. */
export function resultsIdOf(jobId: string): string {
  return `file-${jobId.slice(JOB_PREFIX.length + 1)}`;
}

/** The job whose results a file is; null where it is an uploaded one. */
export function jobOfResults(fileId: string): string | null {
  const jobId = fileId.replace(/^file-/, `${JOB_PREFIX}-`);
  return isJobId(jobId) ? jobId : null;
}

/** A line for each training step, in the columns that OpenAI's results have, as far as they are measured here. */
export function resultsCsv(metrics: readonly StepMetrics[]): string {
  const lines = metrics.map(({ step, loss, heldOutLoss }) => `${step + 1},${loss},${heldOutLoss ?? ''}`);
  return ['step,train_loss,valid_loss', ...lines, ''].join('\n');
}
