import { z } from 'zod';
import { dedupeSettings } from '../../../workflows/contracts/dedupe.ts';
import { evaluateSettings } from '../../../workflows/contracts/evaluate.ts';
import { runSettings } from '../../../workflows/contracts/run.ts';
import { tokenizeSettings } from '../../../workflows/contracts/tokenize.ts';
import { trainInput, trainSettings } from '../../../workflows/contracts/train.ts';

/** Which settings of a step are options of its command. What a command does is loaded once it is called. */

export const GENERATE_OPTIONS = [
  ...[
    'method',
    'seesAfter',
    'teacher',
    'target',
    'seedTasks',
    'from',
    'language',
    'languages',
    'classes',
    'turns',
    'runSeed',
    'concurrency',
    'roundSize',
  ],
  ...['seedTasksPerPrompt', 'promptsPerRequest', 'instructionsPerPrompt', 'temperature', 'topP', 'maxTokens'],
  ...['threshold', 'tokenization', 'ledger', 'collapseAfter', 'leastShare'],
];

/** A command runs on one machine, which has no use for partitions; embeddings have options of their own. */
export const DEDUPE_OPTIONS = Object.keys(dedupeSettings.shape).filter(
  (name) => name !== 'partitions' && name !== 'embedding',
);

export const FILTER_OPTIONS = ['rules', 'language', 'languages'];

export const TOKENIZE_OPTIONS = [
  'model',
  'maxLength',
  'trainOnPrompt',
  'heldOut',
  'heldOutData',
  'format',
  'template',
  'rewrittenTurns',
  'specialTokensInRows',
  'runSeed',
  'language',
];

export const TRAIN_OPTIONS = Object.keys(trainSettings.shape);

/** What differs from a training on rows where nothing else is said: there is much text, and each of it is seen once. */
export const USUAL_OF_PRETRAINING = { epochs: 1, weightDecay: 0.1 };

/** A training's settings, for the help. */
export const pretrainInput = trainInput.extend({
  epochs: trainSettings.shape.epochs.default(USUAL_OF_PRETRAINING.epochs),
  weightDecay: trainSettings.shape.weightDecay.default(USUAL_OF_PRETRAINING.weightDecay),
});

/** Of tokenizing, what does something to plain text. */
export const PRETRAIN_TEXT_OPTIONS = [
  'model',
  'maxLength',
  'heldOut',
  'specialTokensInRows',
  'runSeed',
  'language',
];

/** Pieces of text are always packed. */
export const PRETRAIN_OPTIONS = TRAIN_OPTIONS.filter((name) => name !== 'packing');

/** Of training: what memory goes by. */
export const MEMORY_SETTINGS = [
  'method',
  'loraRank',
  'loraDropout',
  'loraTargets',
  'loraRankPattern',
  'microBatch',
  'globalBatch',
  'precision',
  'packing',
  'packedLength',
  'activationCheckpointing',
] as const;
export const PLAN_MEMORY_OPTIONS: readonly string[] = [
  ...[...MEMORY_SETTINGS, 'maxLength', 'engine', 'gpus', 'gpuGigabytes'],
];

export const planMemorySettings = trainSettings.extend({
  maxLength: tokenizeSettings.shape.maxLength,
  gpus: z.int().min(1).max(4096).default(1).describe('With `engine` torchrun: GPUs that share the model'),
  gpuGigabytes: z
    .number()
    .gt(0)
    .default(80)
    .describe('With `engine` torchrun: what a GPU has, in gigabytes of 10⁹ bytes'),
});

export const LOSS_OPTIONS = [
  'model',
  'maxLength',
  'trainOnPrompt',
  'format',
  'template',
  'rewrittenTurns',
  'specialTokensInRows',
  'runSeed',
  'language',
];

export const completionSettings = z.strictObject({
  maxNewTokens: evaluateSettings.shape.maxNewTokens,
  temperature: evaluateSettings.shape.temperature,
  topP: evaluateSettings.shape.topP,
  topK: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('The likeliest tokens that are drawn from; null is all'),
  runSeed: runSettings.shape.runSeed,
});
export const COMPLETE_OPTIONS = Object.keys(completionSettings.shape);

export const EVALUATE_OPTIONS = [
  'judge',
  'pairs',
  'maxInstructions',
  'maxNewTokens',
  'verdictTokens',
  'temperature',
  'topP',
  'runSeed',
  'language',
  'languages',
];

/** The forms of `--a`, `--b` and `--with`, for the help text. */
export const CANDIDATE_FORMS =
  'a model folder, answers in AlpacaEval’s form, artifact://…, builtin, teacher:PROFILE or run:WORKFLOW_ID';

export const PRICE_OPTION = [
  '--price <in,out>',
  'dollars per million input and output tokens of the paid teacher, over what the price table has',
] as const;

export const RELEASE_OPTIONS = ['name', 'licence', 'weights', 'modelLicence', 'baseModel', 'pairs'];

export const RATE_OPTIONS = [
  'mode',
  'raters',
  'itemsPerRater',
  'votesPerItem',
  'deadline',
  'runSeed',
  'language',
];
