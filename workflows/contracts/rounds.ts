import { z } from 'zod';
import type { TrainingSettings, TrainShardInput, TrainShardResult } from './activities.ts';

/** Training by several workers: in rounds, each of which ends with a merge of what the workers have trained. */

export const roundSettings = z.strictObject({
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Shards that are trained at once, on as many GPU workers, and merged after each round'),
  roundSteps: z
    .int()
    .min(1)
    .max(100_000)
    .default(50)
    .describe('With several workers: optimizer steps that each makes between two merges'),
  outer: z
    .enum(['average', 'nesterov'])
    .default('average')
    .describe('With several workers: how a round is merged, by averaging or by DiLoCo’s Nesterov momentum'),
  outerLearningRate: z
    .number()
    .gt(0)
    .max(10)
    .default(0.7)
    .describe('With `outer` nesterov: what the workers’ mean change is multiplied by'),
  outerMomentum: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9)
    .describe('With `outer` nesterov: the share of a round’s change that the next one goes on with'),
});
export type RoundSettings = z.infer<typeof roundSettings>;

/** Null where one worker trains. */
export function roundSettingsOf(settings: TrainingSettings): RoundSettings | null {
  const { workers = 1, roundSteps, outer, outerLearningRate, outerMomentum } = settings;
  if (workers === 1) return null;
  return roundSettings.parse({ workers, roundSteps, outer, outerLearningRate, outerMomentum });
}

/** What a training takes of the settings: those of rounds are left out where one worker trains. */
export function trainingSettingsOf(settings: TrainingSettings): TrainingSettings {
  if (roundSettingsOf(settings) !== null) return settings;
  const {
    workers: _workers,
    roundSteps: _steps,
    outer: _outer,
    outerLearningRate: _rate,
    outerMomentum: _momentum,
    ...others
  } = settings;
  return others;
}

/** Steps of a plan that several workers train at once, from one checkpoint. */
export const round = z.strictObject({
  fromStep: z.int(),
  toStep: z.int(),
  /** that have steps in it: fewer than workers where the last round has fewer steps than workers */
  shards: z.int(),
});
export type Round = z.infer<typeof round>;

/** Which of a round's shards a training is. */
export const shardOfRound = z.strictObject({
  /** the shard's first step */
  fromStep: z.int(),
  round,
});
export type ShardOfRound = z.infer<typeof shardOfRound>;

/** What all shards of a round are given; `checkpoint` and `best` are from before it. */
export type RoundWork = Omit<TrainShardInput, 'fromStep' | 'toStep' | 'round'>;

export interface MergeShardsInput extends RoundWork {
  round: Round;
  /** uris of the checkpoints that the round's shards ended with, in the order of their steps */
  shards: string[];
}

/** Of a round as a whole; `tokensPerSecond` is of all its workers together. */
export type MergeShardsResult = TrainShardResult;
