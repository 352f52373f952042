import { z } from 'zod';
import { type CandidateSource, candidateSource } from './candidates.ts';
import { evaluateResult } from './evaluation.ts';
import { artifactReference, dataSource } from './reference.ts';
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
import { bestCheckpoint, trainSettings } from './training.ts';

/**
 * What each step takes and gives. A step is a workflow of its own under the same name, and runs on `{}`:
 * where a step needs data and none is named it takes `builtin`, the seed tasks as rows.
 */

// sample ------------------------------------------------------------------------------------------------
export const sampleInput = z.strictObject({ ...runSettings.shape, ...sampleSettings.shape });
export type SampleInput = z.infer<typeof sampleInput>;

export const sampleResult = z.strictObject({
  seedTasks: artifactReference,
  evaluationInstructions: artifactReference,
  classificationTasks: z.int(),
  tasksWithoutInput: z.int(),
});
export type SampleResult = z.infer<typeof sampleResult>;

// generate ----------------------------------------------------------------------------------------------
/** Why rows were lost between what was asked for and what was accepted. Every asked row is in one count. */
export const yieldCounts = z.strictObject({
  /** instructions asked for: (instructionsPerPrompt - seedTasksPerPrompt) x answered prompts */
  asked: z.int(),
  /** segments that parsed into instruction, input and output */
  parsed: z.int(),
  /** segments that did not, or were cut by the token limit */
  malformed: z.int(),
  /** parsed but dropped, by the name of the filter that dropped it */
  filtered: z.record(z.string(), z.int()),
  /** parsed and well-formed, but above the ROUGE-L threshold */
  similar: z.int(),
  accepted: z.int(),
});
export type YieldCounts = z.infer<typeof yieldCounts>;

/** What became of one request: a line of a run's yield file. Tokens and cost are the answers', whoever paid. */
export const requestYield = z.strictObject({
  request: z.int(),
  ...yieldCounts.shape,
  /** prompts that the teacher refused */
  refused: z.int(),
  promptTokens: z.int(),
  completionTokens: z.int(),
  costUsd: z.number(),
});
export type RequestYield = z.infer<typeof requestYield>;

export const generateInput = z.strictObject({
  ...runSettings.shape,
  ...schedulingSettings.shape,
  ...generateSettings.shape,
  seedTasks: dataSource
    .default('builtin')
    .describe('Seed tasks, one JSON object a line, in the recipe’s schema'),
  threshold: dedupeSettings.shape.threshold,
  tokenization: dedupeSettings.shape.tokenization,
  budgetUsd: z
    .number()
    .min(0)
    .nullable()
    .default(null)
    .describe('Hard cap in dollars; null only where the teacher is free'),
});
export type GenerateInput = z.infer<typeof generateInput>;

export const generateResult = z.strictObject({
  data: artifactReference.describe('Accepted rows in order of acceptance, JSONL with provenance'),
  stopReason: z.enum(['target', 'yield-collapsed', 'stopped-early', 'imported']),
  requests: z.int(),
  prompts: z.int(),
  /** requests really sent to the teacher by this run (the rest came from the ledger) */
  sent: z.int(),
  /** the counted gap: intents found without an answer; each may have been paid for */
  lost: z.int(),
  refused: z.int(),
  promptTokens: z.int(),
  completionTokens: z.int(),
  /** dollars this run spent, lost askings booked at their worst case */
  costUsd: z.number(),
  yield: yieldCounts,
  /** the same for each request by itself, JSONL; null for imported rows and runs of 0.1.0 */
  yieldByRequest: artifactReference.nullable().default(null),
});
export type GenerateResult = z.infer<typeof generateResult>;
/** What a generation adds up request by request. */
export type GenerationTotals = Omit<
  GenerateResult,
  'data' | 'stopReason' | 'requests' | 'yield' | 'yieldByRequest'
>;

// dedupe ------------------------------------------------------------------------------------------------
export const dedupeInput = z.strictObject({
  ...dedupeSettings.shape,
  tokenization: z
    .enum(['rouge', 'unicode'])
    .default('rouge')
    .describe('`rouge` is the reference’s a-z0-9, `unicode` is for other scripts'),
  data: dataSource.default('builtin'),
  against: dataSource
    .nullable()
    .default(null)
    .describe('Rows or seed tasks that count as accepted before the first row'),
  budgetUsd: z
    .number()
    .min(0)
    .nullable()
    .default(null)
    .describe('Hard cap in dollars for embedding; null only where it is free'),
});
export type DedupeInput = z.infer<typeof dedupeInput>;

export const embeddingPass = z.strictObject({
  model: z.string(),
  dimensions: z.int(),
  rejected: z.int().describe('Rows that ROUGE-L kept and the embeddings rejected'),
  clusters: z.int().describe('Kept instructions that at least one of these rows resembles'),
  largestCluster: z.int(),
  sent: z.int().describe('Texts embedded by this run; the rest were embedded before'),
  lost: z.int().describe('Texts sent without an answer; each may have been paid for'),
  promptTokens: z.int(),
  costUsd: z.number().describe('Dollars this run spent, lost texts booked at their worst case'),
});
export type EmbeddingPass = z.infer<typeof embeddingPass>;

export const dedupeResult = z.strictObject({
  data: artifactReference.describe('Kept rows, JSONL'),
  similarity: artifactReference
    .nullable()
    .describe('Full mode: kept rows with most_similar_instructions and avg_similarity_score'),
  rejected: artifactReference.describe(
    'Rejected rows, JSONL, each with the instruction it resembles and the score',
  ),
  report: artifactReference.describe(
    'Exact duplicates, normalized duplicates and near-duplicate clusters, JSON, bounded in size',
  ),
  exactDuplicates: z.int().describe('Rows whose instruction came before, character for character'),
  normalizedDuplicates: z.int().describe('Rows rejected with all their tokens another’s, in the same order'),
  clusters: z.int().describe('Kept instructions that at least one rejected row resembles'),
  largestCluster: z.int().describe('The most rejected rows that resemble one instruction'),
  embedding: embeddingPass
    .nullable()
    .default(null)
    .describe('The pass by embeddings; null where there was none'),
});
export type DedupeResult = z.infer<typeof dedupeResult>;

// tokenize ----------------------------------------------------------------------------------------------
export const tokenizeInput = z.strictObject({
  ...runSettings.shape,
  ...tokenizeSettings.shape,
  data: dataSource.default('builtin'),
});
export type TokenizeInput = z.infer<typeof tokenizeInput>;

export const tokenizeResult = z.strictObject({
  model: artifactReference.describe(
    'The base model, special tokens added: config.json, model.safetensors, tokenizer.json',
  ),
  tokens: artifactReference.describe(
    'Training rows, Parquet: row (int32), input_ids (list int32), labels (list int32, -100 masked)',
  ),
  heldOutTokens: artifactReference.describe('Held-out rows, same columns'),
  heldOutRows: artifactReference.describe('Held-out rows as text, JSONL'),
  truncated: z.int(),
  fullyMasked: z.int().describe('Rows whose prompt alone fills maxLength: counted and left out of training'),
  endOfTextLost: z.int().describe('Rows whose end-of-text token was cut off by truncation'),
  prefixMismatches: z.int().describe('Rows whose prompt ids are not a prefix of the full ids'),
  spellingSpecialTokens: z.int().default(0).describe('Rows whose own text spells a special token'),
  addedTokens: z.array(z.string()),
});
export type TokenizeResult = z.infer<typeof tokenizeResult>;

// train -------------------------------------------------------------------------------------------------
export const trainInput = z.strictObject({
  ...runSettings.shape,
  ...trainSettings.shape,
  data: dataSource
    .default('builtin')
    .describe('Rows as text; tokenized first where `tokenized` is not given'),
  model: tokenizeSettings.shape.model,
  tokenized: z
    .strictObject({
      model: artifactReference,
      tokens: artifactReference,
      heldOutTokens: artifactReference,
      addedTokens: z.array(z.string()).default([]),
    })
    .nullable()
    .default(null),
});
export type TrainInput = z.infer<typeof trainInput>;

export const trainResult = z.strictObject({
  model: artifactReference,
  adapter: artifactReference
    .nullable()
    .default(null)
    .describe('With LoRA: the adapter as a PEFT folder; `model` has it merged'),
  checkpoint: artifactReference,
  metrics: artifactReference.describe(
    'One JSON object per optimizer step: step, epoch, loss, learningRate, gradientNorm, tokens, tokensPerSecond',
  ),
  tensorBoard: artifactReference.nullable().default(null).describe('The same as a TensorBoard event file'),
  steps: z.int(),
  best: bestCheckpoint
    .nullable()
    .default(null)
    .describe('The lowest held-out loss measured on the way; null where none was measured'),
  stoppedEarly: z.string().nullable().default(null).describe('Why training ended before its last step'),
  peakMemoryBytes: z.int().nullable().default(null).describe('The most resident memory of the last shard'),
  parameters: z.int(),
  /** mean negative log-likelihood in nats of the held-out targets */
  loss: z.strictObject({ before: z.number(), after: z.number() }),
});
export type TrainResult = z.infer<typeof trainResult>;

// evaluate ----------------------------------------------------------------------------------------------
export const evaluateInput = z.strictObject({
  ...runSettings.shape,
  ...evaluateSettings.shape,
  modelA: candidateSource.default('builtin').describe('The trained model, or another candidate'),
  modelB: candidateSource.default('builtin').describe('What it is compared with: the untrained base'),
  instructions: dataSource.default('builtin'),
  tokens: artifactReference.nullable().default(null).describe('The training rows, for the bigram baseline'),
  heldOutTokens: artifactReference.nullable().default(null),
  heldOutRows: artifactReference.nullable().default(null),
  budgetUsd: z
    .number()
    .min(0)
    .nullable()
    .default(null)
    .describe('Hard cap in dollars for judging and for asking teachers; null only where they are free'),
  trainingRows: artifactReference
    .nullable()
    .default(null)
    .describe('For finding evaluation instructions that training has seen'),
});
export type EvaluateInput = z.infer<typeof evaluateInput>;

/** Who is compared, in the order in which results name them by their places. */
export function candidatesOf({ modelA, modelB, others }: EvaluateInput): CandidateSource[] {
  return [modelA, modelB, ...others];
}

export { type EvaluateResult, evaluateResult } from './evaluation.ts';

// release -----------------------------------------------------------------------------------------------
export const releaseInput = z.strictObject({
  ...releaseSettings.shape,
  data: dataSource.default('builtin'),
  similarity: artifactReference.nullable().default(null),
  run: z
    .strictObject({
      workflowId: z.string(),
      runId: z.string(),
      input: z.record(z.string(), z.json()),
      sample: sampleResult.nullable(),
      generate: generateResult.nullable(),
      dedupe: dedupeResult.nullable(),
      tokenize: tokenizeResult.nullable(),
      train: trainResult.nullable(),
      evaluate: evaluateResult.nullable(),
    })
    .nullable()
    .default(null),
});
export type ReleaseInput = z.infer<typeof releaseInput>;

export const releaseResult = z.strictObject({
  dataset: artifactReference.describe('alpaca_data.json in the recipe’s format'),
  release: artifactReference.describe('The folder: data, dataset card, manifest'),
  report: artifactReference.describe('One self-contained HTML page'),
});
export type ReleaseResult = z.infer<typeof releaseResult>;
