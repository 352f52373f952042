import { learningRateOf } from '../../../workflows/decisions/train/learning-rate.ts';
import type { UploadedFile } from '../files/uploaded-files.ts';
import { Refused } from '../openai-errors.ts';
import type { BaseModel } from './base-model.ts';
import type { JobRequest } from './job-request.ts';

/** Fewer rows teach nothing, and leave none to measure on. */
const LEAST_ROWS = 10;
/** Tokens of a row; longer ones are cut. */
const LONGEST_ROW = 2048;
/** Without a validation file: rows that are measured on, and not learnt. */
const MOST_HELD_OUT = 100;
const SHARE_HELD_OUT = 0.1;
const MICRO_BATCH = 8;
/** Checkpoints that a job lists. */
const KEPT_CHECKPOINTS = 3;
/** Compared with the base's answers at the end, for the report. */
const COMPARED_ANSWERS = 8;

export interface JobFiles {
  training: UploadedFile;
  validation: UploadedFile | null;
}

/**
 * The input of the workflow `alpaca` that a job is: rows of a file, all of which are kept.
 *
 * A base with a chat template of its own learns conversations by that, any other by the recipe's prompt template. Random
 * weights are all trained, beside pretrained ones an adapter (LoRA).
 *
 * @throws Refused for too few rows, a file of another purpose, and a learning rate that is none
 */
export function jobInput(request: JobRequest, base: BaseModel, { training, validation }: JobFiles): object {
  refuseUnfit(training, 'training_file', LEAST_ROWS);
  if (validation !== null) refuseUnfit(validation, 'validation_file', 1);
  const { rows } = training.artifact;
  const heldOut = Math.min(SHARE_HELD_OUT, MOST_HELD_OUT / rows);
  const learnt = validation === null ? rows - Math.max(1, Math.round(heldOut * rows)) : rows;
  return {
    runSeed: request.seed,
    generate: { from: training.artifact },
    dedupe: { threshold: 1, mode: 'threshold' },
    tokenize: {
      model: base.source,
      format: base.hasOwnForm ? 'chat' : 'alpaca',
      maxLength: Math.min(LONGEST_ROW, base.maxPositions),
      ...(validation === null ? { heldOut } : { heldOutData: validation.artifact }),
    },
    train: {
      ...trainingMethod(request, base),
      epochs: request.epochs,
      shardsPerEpoch: 1,
      globalBatch: request.batchSize,
      microBatch: Math.min(MICRO_BATCH, request.batchSize),
      keepCheckpoints: KEPT_CHECKPOINTS,
      evaluateEverySteps: Math.ceil(learnt / request.batchSize),
    },
    evaluate: { maxInstructions: COMPARED_ANSWERS },
  };
}

function trainingMethod({ learningRateMultiplier: times }: JobRequest, { isRandom }: BaseModel) {
  const method = isRandom ? ('full' as const) : ('lora' as const);
  if (times === 1) return { method };
  const { learningRate: usual } = learningRateOf({ method, learningRate: null }, isRandom);
  const learningRate = usual * times;
  if (learningRate <= 1) return { method, learningRate };
  const param = 'method.supervised.hyperparameters.learning_rate_multiplier';
  throw new Refused(400, `${param} is ${times}: expected at most ${1 / usual} for this model.`, {
    ...{ param, code: 'invalid_value' },
  });
}

function refuseUnfit({ id, purpose, artifact }: UploadedFile, param: string, least: number): void {
  if (purpose !== 'fine-tune')
    throw new Refused(400, `${param}: ${id} was uploaded for ${purpose}; expected the purpose fine-tune.`, {
      ...{ param, code: 'invalid_file_purpose' },
    });
  if (artifact.rows < least)
    throw new Refused(400, `${param}: ${id} has ${artifact.rows} rows; expected at least ${least}.`, {
      ...{ param, code: 'invalid_n_examples' },
    });
}
