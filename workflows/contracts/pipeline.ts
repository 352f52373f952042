import { z } from 'zod';
import { artifactReference } from './data.ts';
import { dedupeResult, dedupeSettings } from './dedupe.ts';
import { evaluateResult, evaluateSettings } from './evaluate.ts';
import { generateResult, generateSettings } from './generate.ts';
import { releaseResult, releaseSettings } from './release.ts';
import { budgetUsd, runSettings, schedulingSettings } from './run.ts';
import { sampleResult, sampleSettings } from './sample.ts';
import { tokenizeResult, tokenizeSettings } from './tokenize.ts';
import { trainResult, trainSettings } from './train.ts';

/** The workflow `alpaca`: all steps in their order. */

/** The input of the `alpaca` workflow: each step's settings under the step's name. `{}` is a whole run. */
export const alpacaInput = z.strictObject({
  ...runSettings.shape,
  ...schedulingSettings.shape,
  budgetUsd: budgetUsd.describe('Hard cap in dollars over the run; null only where the teachers are free'),
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

export interface PreflightActivities {
  /** Looks at what later steps need, before anything is paid: the model, the files, the teachers. */
  checkInput(input: AlpacaInput): Promise<void>;
}
