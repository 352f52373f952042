import type { RunTraining } from '../../../activities/train/run-training.ts';
import type { JobRecord } from './job-records.ts';
import { nameOfCheckpoint } from './model-name.ts';

/** A checkpoint as OpenAI's API shows it. */
export interface CheckpointBody {
  id: string;
  object: 'fine_tuning.job.checkpoint';
  created_at: number;
  fine_tuned_model_checkpoint: string;
  fine_tuning_job_id: string;
  /** mean losses in nats per target token: of the step's rows before its update, and of the held-out rows after it */
  metrics: { step: number; train_loss?: number; valid_loss?: number; full_valid_loss?: number };
  step_number: number;
}

/** The checkpoints that are still there, the latest first. */
export function jobCheckpoints(
  { id, fineTunedModel }: JobRecord,
  { metrics, checkpoints }: RunTraining,
): CheckpointBody[] {
  return checkpoints.toReversed().flatMap(({ step }) => {
    // One of the base itself has learnt nothing.
    const last = metrics.find((made) => made.step === step - 1);
    if (last === undefined) return [];
    const measured =
      last.heldOutLoss === null ? {} : { valid_loss: last.heldOutLoss, full_valid_loss: last.heldOutLoss };
    return [
      {
        id: `ftckpt-${id.slice(-32)}-${step}`,
        object: 'fine_tuning.job.checkpoint' as const,
        created_at: Math.floor(last.endedAt),
        fine_tuned_model_checkpoint: nameOfCheckpoint(fineTunedModel, step),
        fine_tuning_job_id: id,
        metrics: { step, train_loss: last.loss, ...measured },
        step_number: step,
      },
    ];
  });
}
