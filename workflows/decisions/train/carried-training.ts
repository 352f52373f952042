import { z } from 'zod';
import { artifactReference } from '../../contracts/data.ts';
import { round } from '../../contracts/rounds.ts';
import { bestCheckpoint } from '../../contracts/train.ts';

/** How far a training is between two shards, or two rounds: what one run of its workflow hands on to the next. */

const count = z.int().min(0);

const plan = z.strictObject({
  plan: artifactReference,
  totalSteps: count,
  boundaries: z.array(count),
  parameters: count,
  learningRate: z.number(),
  warning: z.string().nullable(),
  start: z.strictObject({ checkpoint: artifactReference, step: count }).nullable(),
});

const trainedSoFar = z.strictObject({
  checkpoint: artifactReference.nullable().describe('To go on from; null at the beginning'),
  step: count.describe('Steps of the plan that are made'),
  best: bestCheckpoint.nullable(),
  stoppedEarly: z.string().nullable().describe('Why no shard follows, where steps are left'),
  peakMemoryBytes: count.nullable().describe('Of the last shard’s training process'),
});
export type TrainedSoFar = z.infer<typeof trainedSoFar>;

const roundsSoFar = z.strictObject({
  merged: count,
  records: z.array(artifactReference.nullable()).describe('What each worker has left for its next shard'),
  before: z
    .strictObject({ round, start: z.string() })
    .nullable()
    .describe('The round before, and the digest of what it began with'),
});
export type RoundsSoFar = z.infer<typeof roundsSoFar>;

export const carriedTraining = z.strictObject({
  plan,
  /** null where there is nothing to measure it on */
  before: z.number().nullable(),
  soFar: trainedSoFar,
  rounds: roundsSoFar.nullable(),
});
export type CarriedTraining = z.infer<typeof carriedTraining>;
