import type { ListedRun } from '../../runs/runs.ts';
import { withoutPaths } from '../../without-paths.ts';
import type { JobRecord } from './job-records.ts';
import { resultsIdOf } from './job-results.ts';

/** A job as OpenAI's API shows it. */
export interface JobBody {
  id: string;
  object: 'fine_tuning.job';
  status: JobStatus;
  [field: string]: unknown;
}

type JobStatus = 'validating_files' | 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** What of its run is told: nothing is known of one that was only just started. */
export type JobRun = Pick<ListedRun, 'status' | 'stage' | 'standing' | 'closedAt'> & {
  /** why it failed; null where it did not */
  failure: string | null;
  /** tokens of all steps of its training; null before it has succeeded */
  trainedTokens: number | null;
};

export const JUST_STARTED: JobRun = {
  ...{ status: 'RUNNING', stage: null, standing: null, closedAt: null, failure: null, trainedTokens: null },
};

const ENDED: Readonly<Record<string, JobStatus>> = { COMPLETED: 'succeeded', CANCELLED: 'cancelled' };
const BEFORE_TRAINING: readonly (string | null)[] = [null, 'sample', 'generate', 'dedupe', 'tokenize'];

/** OpenAI has no word for what is paused, or waits: it is queued. */
export function statusOf({ status, stage, standing, closedAt }: JobRun): JobStatus {
  if (closedAt !== null) return ENDED[status] ?? 'failed';
  if (standing === 'paused' || standing?.startsWith('waiting')) return 'queued';
  return BEFORE_TRAINING.includes(stage) ? 'validating_files' : 'running';
}

export function jobBody({ id, createdAt, request, fineTunedModel }: JobRecord, run: JobRun): JobBody {
  const status = statusOf(run);
  const hyperparameters = {
    n_epochs: request.epochs,
    batch_size: request.batchSize,
    learning_rate_multiplier: request.learningRateMultiplier,
  };
  return {
    ...{ id, object: 'fine_tuning.job', status, created_at: unixSeconds(createdAt) },
    finished_at: run.closedAt === null ? null : unixSeconds(run.closedAt),
    ...{ model: request.model, fine_tuned_model: status === 'succeeded' ? fineTunedModel : null },
    ...{ organization_id: 'alpaca', training_file: request.trainingFile },
    ...{
      validation_file: request.validationFile,
      result_files: status === 'succeeded' ? [resultsIdOf(id)] : [],
      seed: request.seed,
    },
    ...{ hyperparameters, method: { type: 'supervised', supervised: { hyperparameters } } },
    ...{ trained_tokens: run.trainedTokens, estimated_finish: null, integrations: [] },
    user_provided_suffix: request.suffix,
    metadata: request.metadata,
    error:
      status === 'failed'
        ? {
            code: 'job_failed',
            message: withoutPaths(run.failure ?? `The run ended: ${run.status}.`),
            param: null,
          }
        : null,
  };
}

function unixSeconds(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000);
}
