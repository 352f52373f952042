import { z } from 'zod';
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
    .default(1000)
    .describe('Accepted instructions to reach; the request that reaches it is kept whole'),
  from: dataSource
    .nullable()
    .default(null)
    .describe('Data that exists (JSON or JSONL in the recipe’s format) in place of generating'),
  seedTasksPerPrompt: z.int().min(1).max(20).default(3),
  promptsPerRequest: z.int().min(1).max(64).default(5),
  instructionsPerPrompt: z.int().min(2).max(100).default(20).describe('The seed tasks shown are counted in'),
  temperature: z.number().min(0).max(2).default(1),
  topP: z.number().gt(0).max(1).default(1),
  maxTokens: z.int().min(16).max(128_000).default(3072),
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

export const dedupeSettings = z.strictObject({
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.7)
    .describe('Reject when the highest ROUGE-L F1 is strictly greater'),
  tokenization: z
    .enum(['rouge', 'unicode'])
    .default('rouge')
    .describe('`rouge` is the reference’s a-z0-9; `unicode` is for other scripts'),
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
});

export const tokenizeSettings = z.strictObject({
  model: dataSource
    .default('builtin')
    .describe('The base model: `builtin` (tiny, untrained) or a Hugging Face folder'),
  maxLength: z.int().min(8).max(131_072).default(512),
  trainOnPrompt: z
    .boolean()
    .default(false)
    .describe('Learn the prompt’s tokens too, in place of masking them'),
  heldOut: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe('The share of rows kept out of training, drawn by the run seed'),
});

export const trainSettings = z.strictObject({
  method: z.enum(['full']).default('full'),
  epochs: z.int().min(1).max(1000).default(3),
  shardsPerEpoch: z.int().min(1).max(1000).default(2),
  globalBatch: z.int().min(1).max(65_536).default(8).describe('Rows in an optimizer step'),
  microBatch: z
    .int()
    .min(1)
    .max(65_536)
    .default(8)
    .describe('Rows in one forward and backward; gradients accumulate to the global batch'),
  learningRate: z.number().gt(0).max(1).default(2e-3),
  schedule: z.enum(['cosine', 'linear', 'constant']).default('cosine'),
  warmupRatio: z.number().min(0).max(1).default(0.03),
  weightDecay: z.number().min(0).max(1).default(0),
  clipNorm: z.number().gt(0).nullable().default(1),
  precision: z.enum(['f32', 'bf16']).default('f32'),
  checkpointEverySteps: z.int().min(1).default(50),
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
  maxNewTokens: z.int().min(1).max(4096).default(96),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .default(0)
    .describe('0 is greedy; the original demo used 0.7 with top_p 0.9'),
  topP: z.number().gt(0).max(1).default(0.9),
});

export const releaseSettings = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/i)
    .default('alpaca-data'),
  licence: z.string().min(1).default('other'),
});
