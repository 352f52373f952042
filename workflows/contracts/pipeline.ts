import { z } from 'zod';
import type { HubActivities } from './data/hub.ts';
import { artifactReference } from './data.ts';
import { type DedupeActivities, dedupeInput, dedupeResult, dedupeSettings } from './dedupe.ts';
import { evaluateInput, evaluateResult, evaluateSettings } from './evaluate.ts';
import { type FilterActivities, filterInput, filterResult, filterSettings } from './filter.ts';
import { generateInput, generateResult, generateSettings } from './generate.ts';
import { type ReleaseActivities, releaseInput, releaseResult, releaseSettings } from './release.ts';
import { notifySettings } from './run/notify.ts';
import { retrained, retrainSettings } from './run/retrain.ts';
import { canHaveShares, mixSettings, SHARES_REFUSED } from './run/shares.ts';
import { canHaveTurns, TURNS_REFUSED } from './run/stages.ts';
import { budgetUsd, runSettings, schedulingSettings } from './run.ts';
import { type SampleActivities, sampleInput, sampleResult, sampleSettings } from './sample.ts';
import { type TokenizeActivities, tokenizeInput, tokenizeResult, tokenizeSettings } from './tokenize.ts';
import { trainInput, trainResult, trainSettings } from './train.ts';

/** The workflow `alpaca`: all steps in their order. */

/** The input of the `alpaca` workflow: each step's settings under the step's name. `{}` is a whole run. */
export const alpacaInput = z
  .strictObject({
    ...runSettings.shape,
    ...mixSettings.shape,
    ...schedulingSettings.shape,
    budgetUsd: budgetUsd.describe('Hard cap in dollars over the run; null only where the teachers are free'),
    sample: sampleSettings.prefault({}),
    generate: generateSettings.prefault({}),
    dedupe: dedupeSettings.prefault({}),
    filter: filterSettings
      .nullable()
      .default(null)
      .describe('`{}` looks by every rule; null has no such step'),
    tokenize: tokenizeSettings.prefault({}),
    train: trainSettings.prefault({}),
    evaluate: evaluateSettings.prefault({}),
    release: releaseSettings.prefault({}),
    retrain: retrainSettings
      .nullable()
      .default(null)
      .describe(
        'Of a run that a schedule repeats over the growing rows of generate.from; null takes them as they are',
      ),
    notify: notifySettings,
  })
  .refine(({ languages, generate }) => canHaveShares({ languages, ...generate }), {
    path: ['generate'],
    error: SHARES_REFUSED,
  })
  .refine(({ tokenize }) => tokenize.format !== 'text', {
    path: ['tokenize', 'format'],
    error:
      'a run has rows to learn; plain text is learnt by `pretrain`, or by the steps `tokenize` and `train`',
  })
  .refine(({ generate }) => canHaveTurns(generate), { path: ['generate', 'turns'], error: TURNS_REFUSED });
export type AlpacaInput = z.infer<typeof alpacaInput>;

/** Each step's own input, as a workflow of its own takes it. */
export const stepInputs = {
  sample: sampleInput,
  generate: generateInput,
  dedupe: dedupeInput,
  filter: filterInput,
  tokenize: tokenizeInput,
  train: trainInput,
  evaluate: evaluateInput,
  release: releaseInput,
};

/** What each step gives: its fields are the steps by name, in the order in which they run. */
export const stepResults = z.strictObject({
  sample: sampleResult,
  generate: generateResult,
  dedupe: dedupeResult,
  filter: filterResult,
  tokenize: tokenizeResult,
  train: trainResult,
  evaluate: evaluateResult,
  release: releaseResult,
});

export const stageName = stepResults.keyof();
export type StageName = z.infer<typeof stageName>;

export const alpacaResult = z.strictObject({
  ...stepResults.shape,
  filter: filterResult.nullable().describe('null where the run did not filter'),
  rows: z.int(),
  dataset: artifactReference,
  costUsd: z.number(),
  retrain: retrained
    .nullable()
    .default(null)
    .describe('For the next run of its schedule; null where it retrains nothing'),
});
export type AlpacaResult = z.infer<typeof alpacaResult>;

export interface PreflightActivities {
  /** Looks at what later steps need, before anything is paid: the model, the files, the teachers. */
  checkInput(input: AlpacaInput): Promise<void>;
}

/** The activities that read and write the store and need no device: one bound fits them all. */
export type DataActivities = PreflightActivities &
  HubActivities &
  SampleActivities &
  DedupeActivities &
  FilterActivities &
  TokenizeActivities &
  ReleaseActivities;
