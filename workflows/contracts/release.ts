import { z } from 'zod';
import { FETCHED_NAME } from './data/hub.ts';
import { artifactReference, dataSource } from './data.ts';
import { dedupeResult } from './dedupe.ts';
import { evaluateResult } from './evaluate.ts';
import { filterResult } from './filter.ts';
import { generateResult } from './generate.ts';
import { sampleResult } from './sample.ts';
import { tokenizeResult } from './tokenize.ts';
import { trainResult } from './train.ts';

/** The step `release`: what a person publishes. */

/** Shares of the rows that a release holds out for its users; the rest is the split `train`. */
const releaseSplits = z
  .strictObject({
    validation: z.number().min(0).lt(1).default(0).describe('The share of rows in the split `validation`'),
    test: z.number().min(0).lt(1).default(0).describe('The share of rows in the split `test`'),
  })
  .refine(({ validation, test }) => validation + test < 1, {
    message: 'expected shares that leave rows for the split train',
  });
export type ReleaseSplits = z.infer<typeof releaseSplits>;

/** What the matrices of a GGUF file may be in, as llama.cpp's tools name it. */
export const ggufFormats = ['f32', 'f16', 'bf16', 'q8_0'] as const;
export type GgufFormat = (typeof ggufFormats)[number];

export const releaseSettings = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/i)
    .max(100)
    .default('alpaca-data')
    .describe('The folder’s name, and the data set’s'),
  licence: z.string().min(1).default('other').describe('As the data set card states it'),
  splits: releaseSplits
    .default({ validation: 0, test: 0 })
    .describe('Rows set apart by the run seed; rows with one instruction are never in two splits'),
  weights: z
    .array(z.enum(['model', 'adapter', 'difference', 'gguf-f32', 'gguf-f16', 'gguf-bf16', 'gguf-q8_0']))
    .default([])
    .describe(
      'What of the trained model goes along: whole, its adapter, its difference to the base, or for llama.cpp',
    ),
  modelLicence: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('As the model card states it; null for the data’s'),
  baseModel: z
    .string()
    .regex(FETCHED_NAME)
    .nullable()
    .default(null)
    .describe(
      'The base model’s name at the hub, with @COMMIT where it is known, for the model card and the adapter; null where it has none',
    ),
  sourceDataset: z
    .string()
    .regex(FETCHED_NAME)
    .exactOptional()
    .describe(
      'The data set of the hub that the rows were brought in from, with @COMMIT and #PART, for the data set’s card',
    ),
  pairs: z
    .boolean()
    .default(false)
    .describe('Chosen and rejected answers go along: of the run’s evaluation, and of rows that it graded'),
});
export type ReleaseSettings = z.infer<typeof releaseSettings>;

export const releaseInput = z.strictObject({
  ...releaseSettings.shape,
  data: dataSource.default('builtin'),
  similarity: artifactReference.nullable().default(null),
  votes: z
    .array(artifactReference)
    .max(64)
    .default([])
    .describe('Annotations of `rate` workflows, whose chosen and rejected answers go along'),
  run: z
    .strictObject({
      workflowId: z.string(),
      runId: z.string(),
      input: z.record(z.string(), z.json()),
      sample: sampleResult.nullable(),
      generate: generateResult.nullable(),
      dedupe: dedupeResult.nullable(),
      filter: filterResult.nullable(),
      tokenize: tokenizeResult.nullable(),
      train: trainResult.nullable(),
      evaluate: evaluateResult.nullable(),
    })
    .nullable()
    .default(null),
});
export type ReleaseInput = z.infer<typeof releaseInput>;

/** The run that a release came out of, with its steps' results. */
export type ReleasedRun = NonNullable<ReleaseInput['run']>;

export const releaseResult = z.strictObject({
  dataset: artifactReference.describe('alpaca_data.json in the recipe’s format'),
  release: artifactReference.describe('The folder: data, dataset card, manifest'),
  report: artifactReference.describe('One self-contained HTML page'),
});
export type ReleaseResult = z.infer<typeof releaseResult>;

export interface ReleaseActivities {
  writeRelease(input: ReleaseInput): Promise<ReleaseResult>;
}
