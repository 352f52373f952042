import { z } from 'zod';
import { rateLimitInput } from '../../contracts/fleet/rate-limit.ts';
import { alpacaInput, type StageName, stageName, stepInputs, stepResults } from '../../contracts/pipeline.ts';
import { lossFigures, settingsInForce, stage } from '../../contracts/progress.ts';
import { ballot, rateInput, raterInput } from '../../contracts/rate.ts';
import { notifyInput, notifyState } from '../../contracts/run/events.ts';
import { newRows } from '../../contracts/run/retrain.ts';
import { generationState } from '../generation-state.ts';
import { leaseBookState } from '../quota/lease-book.ts';
import { carriedTraining } from '../train/carried-training.ts';

/**
 * What each workflow is started with: its input, and what a parent or an earlier run of it hands over as the
 * second argument.
 */

const count = z.int().min(0);

/** A run's figures beside its stages. */
const counters = z.strictObject({ accepted: count, costUsd: z.number(), loss: lossFigures });

/** Of one run of the whole recipe to the next. */
const alpacaHandedOver = settingsInForce.extend({
  stages: z.array(stage),
  /** what the steps gave so far: no step runs twice */
  results: stepResults.partial(),
  counters,
  /** of a retraining: what the input’s rows are */
  newRows: newRows.nullable().default(null),
});
export type AlpacaHandedOver = z.infer<typeof alpacaHandedOver>;

/** A parent hands over no books. */
const generateHandedOver = settingsInForce.extend({ state: generationState.nullable().default(null) });
/** A parent hands over no training. */
const trainHandedOver = settingsInForce.extend({ training: carriedTraining.nullable().default(null) });
export type TrainHandedOver = z.infer<typeof trainHandedOver>;

export type GenerateHandedOver = z.infer<typeof generateHandedOver>;

/** `reported`: votes that the parent knows of. The parent hands over nothing but the input. */
const raterHandedOver = z.strictObject({ ballot, reported: count }).nullable();
export type RaterHandedOver = z.infer<typeof raterHandedOver>;

const nothing = z.null();

type StepStarts = { [Step in StageName]: { input: (typeof stepInputs)[Step]; handedOver: typeof nothing } };

/** A step takes over nothing, where nothing else is said below. */
const steps = Object.fromEntries(
  stageName.options.map((step) => [step, { input: stepInputs[step], handedOver: nothing }]),
) as StepStarts;

/** By the type of the workflow. */
export const STARTS = {
  ...steps,
  alpaca: { input: alpacaInput, handedOver: alpacaHandedOver },
  generate: { input: stepInputs.generate, handedOver: generateHandedOver },
  train: { input: stepInputs.train, handedOver: trainHandedOver },
  evaluate: { input: stepInputs.evaluate, handedOver: settingsInForce },
  rate: { input: rateInput, handedOver: nothing },
  rater: { input: raterInput, handedOver: raterHandedOver },
  notify: { input: notifyInput, handedOver: notifyState },
  rateLimit: { input: rateLimitInput, handedOver: leaseBookState },
};
export type WorkflowName = keyof typeof STARTS;
export type InputOf<Name extends WorkflowName> = z.output<(typeof STARTS)[Name]['input']>;
export type HandedOverOf<Name extends WorkflowName> = z.output<(typeof STARTS)[Name]['handedOver']>;
