import { z } from 'zod';
import { LANGUAGE_NAME } from './data/language-name.ts';

/** Settings that more than one step has, and what all of a run goes by. Every field has a default: every workflow runs on `{}`. */

export const DEFAULT_RUN_SEED = 42;

export const languageName = z
  .string()
  .max(64)
  .regex(LANGUAGE_NAME, 'expected the name of a language’s folder, such as "ko"');

export const runSettings = z.strictObject({
  runSeed: z
    .int()
    .min(0)
    .max(0xffffffff)
    .default(DEFAULT_RUN_SEED)
    .describe('The seed that every random choice of the run is a function of'),
  language: languageName
    .default('en')
    .describe(
      'The name of a folder of seeds/languages, or of one of your own: prompt, seed tasks, filters and more',
    ),
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

/** The name of a profile in the worker's configuration: an input says no endpoint and no key. */
export const teacherName = z.string().regex(/^[a-z0-9][a-z0-9_-]*$/i);

/** The hard cap of what a run, or a step by itself, may spend. */
export const budgetUsd = z.number().min(0).nullable().default(null);

/** What an activity is told that pays for something. */
export interface Paying {
  /** names the run in what it pays for, the same after a reset; absent: the workflow run that called it */
  payer?: string;
}

/** How text is cut into tokens for ROUGE-L. */
export const tokenization = z.enum(['rouge', 'unicode', 'syllable-pairs']);
export type Tokenization = z.infer<typeof tokenization>;

/** The same where words are counted: a pair of syllables is none. */
export const wordTokenization = tokenization.exclude(['syllable-pairs']);
export type WordTokenization = z.infer<typeof wordTokenization>;

export function wordsBy(tokenization: Tokenization): WordTokenization {
  return tokenization === 'rouge' ? 'rouge' : 'unicode';
}

/** What rows are compared by that may be of any script: null leaves it to the dedupe step, which goes by the rows. */
export function tokenizationOfRows(
  setting: Tokenization | null,
  ofLanguage: Tokenization,
): Tokenization | null {
  return setting ?? (ofLanguage === 'rouge' ? null : ofLanguage);
}

/** What the whole set of a run is compared by: as the rounds did that accepted it; where it was imported, as rows are. */
export function tokenizationOfSet(
  setting: Tokenization | null,
  ofLanguage: Tokenization,
  { stopReason }: { stopReason: string },
): Tokenization | null {
  return stopReason === 'imported' ? tokenizationOfRows(setting, ofLanguage) : (setting ?? ofLanguage);
}

/** What signals between our own workflows begin with: tools put names of `__` after what is for people. */
export const INTERNAL = '__internal_';

/**
 * The queues of a fleet, named after the one that its runs are started on: two fleets in one namespace take
 * nothing of each other's. Each has slots of its own, and may have processes of its own.
 */
export function taskQueuesOf(taskQueue: string) {
  return {
    workflows: taskQueue,
    /** what waits for a teacher */
    requests: `${taskQueue}-requests`,
    /** what reads, compares and writes rows: the processor and the store */
    processing: `${taskQueue}-processing`,
    /** what needs a device for models: its workers are few, and their work is long */
    gpu: `${taskQueue}-gpu`,
  };
}

export const WORKER_ROLES = [
  'workflows',
  'requests',
  'processing',
  'gpu',
] as const satisfies (keyof ReturnType<typeof taskQueuesOf>)[];
export type WorkerRole = (typeof WORKER_ROLES)[number];

/**
 * A worker whose slots are all taken polls its queue no more, perhaps for days: this one it polls as long as it
 * lives, and nothing is ever put there.
 */
export function presenceOf(taskQueue: string): string {
  return `${taskQueue}-presence`;
}
