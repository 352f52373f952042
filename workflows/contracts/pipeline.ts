import { z } from 'zod';
import { artifactReference } from './reference.ts';
import {
  dedupeSettings,
  evaluateSettings,
  generateSettings,
  releaseSettings,
  runSettings,
  sampleSettings,
  schedulingSettings,
  tokenizeSettings,
} from './settings.ts';
import {
  dedupeResult,
  evaluateResult,
  generateResult,
  releaseResult,
  sampleResult,
  tokenizeResult,
  trainResult,
} from './steps.ts';
import { trainSettings } from './training.ts';

/** The input of the `alpaca` workflow: each step's settings under the step's name. `{}` is a whole run. */
export const alpacaInput = z.strictObject({
  ...runSettings.shape,
  ...schedulingSettings.shape,
  budgetUsd: z
    .number()
    .min(0)
    .nullable()
    .default(null)
    .describe('Hard cap in dollars over the run; null only where the teachers are free'),
  sample: sampleSettings.prefault({}),
  generate: generateSettings.prefault({}),
  dedupe: dedupeSettings.prefault({}),
  tokenize: tokenizeSettings.prefault({}),
  train: trainSettings.prefault({}),
  evaluate: evaluateSettings.prefault({}),
  release: releaseSettings.prefault({}),
});
export type AlpacaInput = z.infer<typeof alpacaInput>;

export const alpacaResult = z.strictObject({
  sample: sampleResult,
  generate: generateResult,
  dedupe: dedupeResult,
  tokenize: tokenizeResult,
  train: trainResult,
  evaluate: evaluateResult,
  release: releaseResult,
  rows: z.int(),
  dataset: artifactReference,
  costUsd: z.number(),
});
export type AlpacaResult = z.infer<typeof alpacaResult>;
