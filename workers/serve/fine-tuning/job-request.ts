import { z } from 'zod';
import { DEFAULT_RUN_SEED } from '../../../workflows/contracts/run.ts';
import { trainSettings } from '../../../workflows/contracts/train.ts';
import { Refused } from '../openai-errors.ts';
import { checkedFields } from '../request/checked-fields.ts';

/** What a fine-tuning job is asked for by, and what of OpenAI's request cannot be had here. */

const auto = z.literal('auto');
const hyperparameters = z.strictObject({
  n_epochs: z.union([auto, z.int().min(1).max(50)]).default('auto'),
  batch_size: z
    .union([auto, z.int().min(1).max(256)])
    .nullish()
    .transform((size) => size ?? ('auto' as const)),
  learning_rate_multiplier: z.union([auto, z.number().gt(0).max(1000)]).default('auto'),
});

const supervised = z.strictObject({ hyperparameters: hyperparameters.prefault({}) });

export const jobMetadata = z
  .record(z.string().min(1).max(64), z.string().max(512))
  .refine((fields) => Object.keys(fields).length <= 16, 'expected at most 16 fields');

const jobCreation = z.strictObject({
  model: z.string().min(1).max(4096),
  training_file: z.string().min(1).max(128),
  validation_file: z.string().min(1).max(128).nullish(),
  hyperparameters: hyperparameters.optional(),
  method: z.strictObject({ type: z.literal('supervised'), supervised: supervised.prefault({}) }).optional(),
  seed: z.int().min(0).max(0xffffffff).nullish(),
  suffix: z.string().min(1).max(64).nullish(),
  metadata: jobMetadata.nullish(),
  integrations: z.array(z.never()).max(0).nullish(),
});

export const jobRequest = z.object({
  model: z.string(),
  trainingFile: z.string(),
  validationFile: z.string().nullable(),
  seed: z.int(),
  suffix: z.string().nullable(),
  metadata: z.record(z.string(), z.string()).nullable(),
  /** every `auto` as what it stands for */
  epochs: z.int(),
  batchSize: z.int(),
  learningRateMultiplier: z.number(),
});
export type JobRequest = z.infer<typeof jobRequest>;

const OTHER_METHODS: Readonly<Record<string, string>> = {
  dpo: 'preference tuning (dpo) is not done by this server; it makes pairs for trainers that do: docs/evaluation.md',
  reinforcement: 'reinforcement fine-tuning is not done by this server',
};

/**
 * Reads the body of a request for a job.
 *
 * @throws Refused naming the field that is wrong, or that asks for what cannot be had
 */
export function readJobRequest(body: unknown): JobRequest {
  refuseOthers(body);
  const asked = checkedFields(jobCreation, body);
  if (asked.hyperparameters && asked.method)
    throw new Refused(400, 'hyperparameters stand under method.supervised, where there is a method.', {
      ...{ param: 'hyperparameters', code: 'invalid_value' },
    });
  const of = asked.method?.supervised.hyperparameters ?? asked.hyperparameters ?? hyperparameters.parse({});
  const usual = trainSettings.parse({});
  return {
    model: asked.model,
    trainingFile: asked.training_file,
    validationFile: asked.validation_file ?? null,
    seed: asked.seed ?? DEFAULT_RUN_SEED,
    suffix: asked.suffix ?? null,
    metadata: asked.metadata ?? null,
    epochs: of.n_epochs === 'auto' ? usual.epochs : of.n_epochs,
    batchSize: of.batch_size === 'auto' ? usual.globalBatch : of.batch_size,
    learningRateMultiplier: of.learning_rate_multiplier === 'auto' ? 1 : of.learning_rate_multiplier,
  };
}

const looked = z.object({
  method: z.object({ type: z.string().optional() }).loose().optional().catch(undefined),
  integrations: z.unknown().optional(),
});

function refuseOthers(body: unknown): void {
  const { method, integrations } = looked.safeParse(body).data ?? {};
  const named = Object.keys(OTHER_METHODS).find((name) => method?.type === name || method?.[name] != null);
  if (named !== undefined) throw unsupported(`method.${named}`, OTHER_METHODS[named] ?? '');
  if (Array.isArray(integrations) && integrations.length > 0)
    throw unsupported(
      'integrations',
      'metrics are in the events and checkpoints of the job, and go nowhere else',
    );
}

function unsupported(param: string, why: string): Refused {
  return new Refused(400, `${param} cannot be had: ${why}.`, { param, code: 'unsupported_value' });
}
