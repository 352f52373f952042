import { z } from 'zod';
import { candidateSource } from './candidates.ts';
import { dataSource } from './reference.ts';

/** Settings that more than one step needs. Every field has a default: every workflow runs on `{}`. */

export const runSettings = z.strictObject({
  runSeed: z
    .int()
    .min(0)
    .max(0xffffffff)
    .default(42)
    .describe('The seed that every random choice of the run is a function of'),
  language: z
    .enum(['en', 'ko'])
    .default('en')
    .describe("The prompt's language requirement, and what goes with it"),
});

/** Whose work goes first where a fleet has more than it can do at once. */
export const schedulingSettings = z.strictObject({
  priority: z
    .int()
    .min(1)
    .max(5)
    .default(3)
    .describe('Of work that waits for a worker, lower numbers go first'),
  fairnessKey: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[\x20-\x7e]+$/)
    .nullable()
    .default(null)
    .describe('Work of one priority takes turns by this key; null: the id of the run that was started'),
});

export const sampleSettings = z.strictObject({
  seedTasks: dataSource
    .default('builtin')
    .describe('Seed tasks, one JSON object a line, in the recipe’s schema'),
  evaluationInstructions: dataSource
    .default('builtin')
    .describe('Instructions of the user-oriented kind, one JSON object a line'),
});

export const generateSettings = z.strictObject({
  teacher: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/i)
    .default('offline')
    .describe('A teacher profile of the worker’s configuration'),
  target: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(2000)
    .describe('Accepted instructions to reach; the request that reaches it is kept whole'),
  from: dataSource
    .nullable()
    .default(null)
    .describe('Data that exists (JSON or JSONL in the recipe’s format) in place of generating'),
  seedTasksPerPrompt: z.int().min(1).max(20).default(3).describe('Seed tasks shown in each prompt'),
  promptsPerRequest: z
    .int()
    .min(1)
    .max(64)
    .default(5)
    .describe('Prompts in one request batch; the run ends after the batch that reaches the target'),
  instructionsPerPrompt: z.int().min(2).max(100).default(20).describe('The seed tasks shown are counted in'),
  temperature: z.number().min(0).max(2).default(1).describe('The teacher’s sampling temperature'),
  topP: z.number().gt(0).max(1).default(1).describe('The teacher’s nucleus sampling'),
  maxTokens: z
    .int()
    .min(16)
    .max(128_000)
    .default(3072)
    .describe('The most tokens of one answer; lowered by a fifth where the context is too short'),
  roundSize: z
    .int()
    .min(1)
    .max(512)
    .default(8)
    .describe('Requests taken in one dedupe; what is accepted does not depend on it'),
  concurrency: z
    .int()
    .min(1)
    .max(256)
    .default(8)
    .describe('Requests in flight; changes when things happen, never what is accepted'),
  ledger: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/i)
    .default('default')
    .describe('The response ledger; runs that name the same one share its answers'),
  collapseAfter: z
    .int()
    .min(1)
    .default(50)
    .describe('Stop after so many requests in a row with nothing accepted'),
  outageWaitSeconds: z
    .number()
    .min(0)
    .max(1800)
    .default(15)
    .describe('When the teacher stays away past every retry: the first wait; it doubles up to half an hour'),
});

/** The reference's tokenization sees no letter beyond a-z: Korean would never be found alike. */
export function tokenizationFor(
  setting: 'rouge' | 'unicode' | null,
  language: 'en' | 'ko',
): 'rouge' | 'unicode' {
  return setting ?? (language === 'en' ? 'rouge' : 'unicode');
}

/** The second pass of dedupe: over what ROUGE-L kept, by the meaning that an embedding model sees. */
export const embeddingSettings = z.strictObject({
  teacher: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/i)
    .describe('The teacher profile whose embeddings endpoint is asked'),
  threshold: z.number().min(0).max(1).default(0.9).describe('Reject when a cosine is strictly greater'),
  model: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Another model than the profile’s, where embedding is free'),
});
export type EmbeddingSettings = z.infer<typeof embeddingSettings>;

export const dedupeSettings = z.strictObject({
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.7)
    .describe('Reject when the highest ROUGE-L F1 is strictly greater'),
  tokenization: z
    .enum(['rouge', 'unicode'])
    .nullable()
    .default(null)
    .describe('`rouge` is the reference’s a-z0-9, `unicode` is for other scripts; null goes by the language'),
  mode: z
    .enum(['full', 'threshold'])
    .default('full')
    .describe('`full` adds the ten most similar and the average to each row'),
  partitions: z
    .int()
    .min(1)
    .max(256)
    .default(1)
    .describe('Parts that are searched in parallel, on several machines; the result does not depend on it'),
  embedding: embeddingSettings
    .nullable()
    .default(null)
    .describe('Drop what is left of semantic duplicates too, by embeddings; null does not'),
});

export const tokenizeSettings = z.strictObject({
  model: dataSource
    .default('builtin')
    .describe('The base model: `builtin` (tiny, untrained) or a Hugging Face folder'),
  maxLength: z
    .int()
    .min(8)
    .max(131_072)
    .default(512)
    .describe('Tokens of a row, prompt and answer together; longer rows are cut'),
  trainOnPrompt: z
    .boolean()
    .default(false)
    .describe('Learn the prompt’s tokens too, in place of masking them'),
  template: dataSource
    .nullable()
    .default(null)
    .describe('A JSON file with prompt_input and prompt_no_input; null for what the model was taught with'),
  specialTokensInRows: z
    .enum(['parse', 'text'])
    .default('parse')
    .describe('Text in a row that spells a special token: its id, as the recipe has it, or plain text'),
  heldOut: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe('The share of rows kept out of training, drawn by the run seed'),
});

export const evaluateSettings = z.strictObject({
  judge: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/i)
    .default('offline')
    .describe('The teacher profile that judges'),
  maxInstructions: z
    .int()
    .min(1)
    .default(48)
    .describe('Evaluation instructions used; each is judged in both orders'),
  maxNewTokens: z.int().min(1).max(4096).default(96).describe('The most tokens of an answer'),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .default(0)
    .describe('0 is greedy; the original demo used 0.7 with top_p 0.9'),
  topP: z.number().gt(0).max(1).default(0.9).describe('Nucleus sampling, where the temperature is above 0'),
  others: z
    .array(candidateSource)
    .max(6)
    .default([])
    .describe('Candidates beyond the two models: model folders, files of answers, {"teacher": PROFILE}'),
  pairs: z
    .enum(['first', 'all'])
    .default('first')
    .describe('With more than two candidates: each against the first, or every pair'),
});

/** Shares of the rows that a release holds out for its users; the rest is the split `train`. */
export const releaseSplits = z
  .strictObject({
    validation: z.number().min(0).lt(1).default(0).describe('The share of rows in the split `validation`'),
    test: z.number().min(0).lt(1).default(0).describe('The share of rows in the split `test`'),
  })
  .refine(({ validation, test }) => validation + test < 1, {
    message: 'expected shares that leave rows for the split train',
  });
export type ReleaseSplits = z.infer<typeof releaseSplits>;

export const releaseSettings = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/i)
    .default('alpaca-data')
    .describe('The folder’s name, and the data set’s'),
  licence: z.string().min(1).default('other').describe('As the data set card states it'),
  splits: releaseSplits
    .default({ validation: 0, test: 0 })
    .describe('Rows set apart by the run seed; rows with one instruction are never in two splits'),
  weights: z
    .array(z.enum(['model', 'adapter', 'difference']))
    .default([])
    .describe('What of the trained model goes along: whole, its adapter, or its difference to the base'),
  modelLicence: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('As the model card states it; null for the data’s'),
  baseModel: z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+)?$/)
    .nullable()
    .default(null)
    .describe('The base model’s name at the hub, for the model card; null where it has none'),
});
export type ReleaseSettings = z.infer<typeof releaseSettings>;
