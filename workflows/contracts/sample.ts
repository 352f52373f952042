import { z } from 'zod';
import { artifactReference, dataSource } from './data.ts';
import { mixSettings } from './run/shares.ts';
import { runSettings, tokenization } from './run.ts';

/** The step `sample`: the tasks and instructions that a run starts from. */

export const sampleSettings = z.strictObject({
  seedTasks: dataSource
    .default('builtin')
    .describe('Seed tasks, one JSON object a line, in the recipe’s schema'),
  evaluationInstructions: dataSource
    .default('builtin')
    .describe('Instructions of the user-oriented kind, one JSON object a line'),
});

export const sampleInput = z.strictObject({
  ...runSettings.shape,
  ...mixSettings.shape,
  ...sampleSettings.shape,
});
export type SampleInput = z.infer<typeof sampleInput>;

export const sampleResult = z.strictObject({
  seedTasks: artifactReference,
  evaluationInstructions: artifactReference,
  tokenization: tokenization.describe('What texts of the language are compared by'),
  classificationTasks: z.int(),
  tasksWithoutInput: z.int(),
});
export type SampleResult = z.infer<typeof sampleResult>;

export interface SampleActivities {
  /** Reads, checks and stores the seed tasks and evaluation instructions. */
  sampleSeeds(input: SampleInput): Promise<SampleResult>;
}
