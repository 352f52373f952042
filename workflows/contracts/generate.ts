import { z } from 'zod';
import { type ArtifactReference, artifactReference, dataSource } from './data.ts';
import { dedupeSettings } from './dedupe.ts';
import { canHaveShares, classShares, mixSettings, reachedShare, SHARES_REFUSED } from './run/shares.ts';
import {
  canHaveTurns,
  firstStage,
  generationStage,
  MOST_TURNS,
  type StageAt,
  TURNS_REFUSED,
} from './run/stages.ts';
import { budgetUsd, runSettings, schedulingSettings, teacherName } from './run.ts';

/** The step `generate`: what it takes and gives. Its activities are in generate-activities.ts. */

export const generateSettings = z.strictObject({
  teacher: teacherName.default('offline').describe('A teacher profile of the worker’s configuration'),
  target: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(2000)
    .describe('Accepted instructions to reach; the request that reaches it is kept whole'),
  from: dataSource
    .nullable()
    .default(null)
    .describe(
      'Rows that exist (JSON, JSONL, CSV or Parquet in the recipe’s format, or of a run `hf:OWNER/NAME[@REVISION][#PART]` where the worker may fetch them) in place of generating',
    ),
  method: z
    .enum(['alpaca', 'self-instruct'])
    .default('alpaca')
    .describe(
      'How instructions and their answers are asked for; Self-Instruct has its own sampling, and nothing of seedTasksPerPrompt, instructionsPerPrompt, temperature, topP and maxTokens',
    ),
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
    .describe('The most tokens of one answer; lowered where the context is too short, to what has room'),
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
  seesAfter: z
    .int()
    .min(1)
    .max(512)
    .nullable()
    .default(null)
    .describe(
      'Where prompts depend on what was accepted: a request sees the rows of requests more than so many before it. It decides the data, and no more than so many requests are asked ahead of what is accepted. Null is 32 for Self-Instruct, 4 where there are shares',
    ),
  classes: classShares,
  turns: z
    .int()
    .min(1)
    .max(MOST_TURNS)
    .default(1)
    .describe(
      'Questions of each row: above 1 rows become conversations, whose next question and its answer the teacher is asked for, one after the other',
    ),
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
  leastShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe(
      'Where the yield collapses below this share of the target, generation waits for a person’s `resume` before anything goes on with so few rows; 0 never waits',
    ),
  outageWaitSeconds: z
    .number()
    .min(0)
    .max(1800)
    .default(15)
    .describe('When the teacher stays away past every retry: the first wait; it doubles up to half an hour'),
});

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

export const generateInput = z
  .strictObject({
    ...runSettings.shape,
    ...mixSettings.shape,
    ...schedulingSettings.shape,
    ...generateSettings.shape,
    seedTasks: dataSource
      .default('builtin')
      .describe('Seed tasks, one JSON object a line, in the recipe’s schema'),
    threshold: dedupeSettings.shape.threshold,
    tokenization: dedupeSettings.shape.tokenization,
    budgetUsd: budgetUsd.describe('Hard cap in dollars; null only where the teacher is free'),
  })
  .refine(canHaveShares, SHARES_REFUSED)
  .refine(canHaveTurns, { path: ['turns'], error: TURNS_REFUSED });
export type GenerateInput = z.infer<typeof generateInput>;

const stopReason = z.enum(['target', 'yield-collapsed', 'stopped-early', 'imported']);

/** A stage that has ended; `rows`: that of Alpaca's rows, where they go on as conversations. */
export const endedStage = z.strictObject({
  stage: z.enum([...generationStage.options, 'rows']),
  /** its tasks in order of acceptance, JSONL with provenance */
  data: artifactReference,
  stopReason,
  requests: z.int(),
  yield: yieldCounts,
  yieldByRequest: artifactReference,
});
export type EndedStage = z.infer<typeof endedStage>;

/** What Self-Instruct leaves beside its rows. */
const selfInstructResult = z.strictObject({
  /** the stages before the instances, whose figures the result has */
  stages: z.array(endedStage),
  files: z.strictObject({
    instructions: artifactReference.describe('machine_generated_instructions.jsonl, as the original has it'),
    classification: artifactReference.describe('is_clf_or_not.jsonl'),
    instances: artifactReference.describe('machine_generated_instances.jsonl'),
    finetuning: artifactReference.describe('The rows in the original’s layouts, as it trains on them'),
  }),
});
export type SelfInstructResult = z.infer<typeof selfInstructResult>;

export const generateResult = z.strictObject({
  data: artifactReference.describe('Accepted rows in order of acceptance, JSONL with provenance'),
  stopReason,
  /** of all stages */
  requests: z.int(),
  prompts: z.int(),
  /** requests really sent to the teacher by this run (the rest came from the ledger) */
  sent: z.int(),
  /** the counted gap: intents found without an answer; each may have been paid for */
  lost: z.int(),
  refused: z.int(),
  promptTokens: z.int(),
  completionTokens: z.int(),
  /** answers whose usage is not booked as the endpoint stated it: it cannot be, or contradicts itself; absent where there is none */
  misstated: z.int().optional(),
  /** dollars this run spent, lost askings booked at their worst case */
  costUsd: z.number(),
  yield: yieldCounts,
  /** the same for each request by itself, JSONL; null for imported rows */
  yieldByRequest: artifactReference.nullable().default(null),
  selfInstruct: selfInstructResult.nullable().default(null),
  turns: z
    .array(endedStage)
    .default([])
    .describe(
      'Where rows became conversations: what was asked of them after their first turn, whose figures `yield` has',
    ),
  shares: z
    .array(reachedShare)
    .default([])
    .describe('Of the languages and classes that a run is to have shares of'),
});
export type GenerateResult = z.infer<typeof generateResult>;
/** What a generation adds up request by request. */
export const generationTotals = generateResult.omit({
  ...{ data: true, stopReason: true, requests: true, yield: true, yieldByRequest: true, selfInstruct: true },
  ...{ turns: true, shares: true },
});
export type GenerationTotals = z.infer<typeof generationTotals>;

type RequestFields = Pick<
  GenerateInput,
  | 'runSeed'
  | 'language'
  | 'teacher'
  | 'seedTasksPerPrompt'
  | 'promptsPerRequest'
  | 'instructionsPerPrompt'
  | 'temperature'
  | 'topP'
  | 'maxTokens'
  | 'turns'
  | 'ledger'
>;

/** What of a generation says whether its prompts depend on what it has accepted. */
export type Seeing = Pick<GenerateInput, 'method' | 'seesAfter' | 'languages' | 'classes'>;

/**
 * How many requests lie between what a prompt sees and itself; null where the prompts of a run do not depend on what it
 * has accepted.
 */
export function seesAfter({ method, seesAfter, languages, classes }: Seeing): number | null {
  if (method === 'self-instruct') return seesAfter ?? 32;
  return languages === null && classes === null ? null : (seesAfter ?? 4);
}

/** The part of the input that a request's prompts and the ledger keys are a function of. */
export interface RequestSettings extends RequestFields, StageAt {
  seedTasks: ArtifactReference;
  /**
   * Request r's prompts see what requests below r - seesAfter brought, and nothing else, whenever and in whatever
   * order they are asked. Null where prompts see nothing: they are a function of the rest of the settings alone.
   */
  seesAfter: number | null;
  /** null where a run is to have no shares */
  shares: Pick<GenerateInput, 'languages' | 'classes'> | null;
}

/** Prompts of a request: as many as are asked for, in a last one as many as there are tasks left. */
export function promptsOf(
  request: number,
  { promptsPerRequest, tasks }: Pick<RequestSettings, 'promptsPerRequest' | 'tasks'>,
): number {
  if (tasks === null) return promptsPerRequest;
  return Math.max(0, Math.min(promptsPerRequest, tasks.rows - request * promptsPerRequest));
}

/** @param seedTasks as the store has them, in place of where the input takes them from */
export function requestSettings(
  input: RequestFields & Seeing,
  seedTasks: ArtifactReference,
  { stage, tasks }: StageAt = firstStage(input),
): RequestSettings {
  const { languages, classes } = input;
  return {
    runSeed: input.runSeed,
    language: input.language,
    teacher: input.teacher,
    seedTasksPerPrompt: input.seedTasksPerPrompt,
    promptsPerRequest: input.promptsPerRequest,
    instructionsPerPrompt: input.instructionsPerPrompt,
    temperature: input.temperature,
    topP: input.topP,
    maxTokens: input.maxTokens,
    turns: input.turns,
    ledger: input.ledger,
    seedTasks,
    seesAfter: tasks === null ? seesAfter(input) : null,
    shares: languages === null && classes === null ? null : { languages, classes },
    stage,
    tasks,
  };
}
