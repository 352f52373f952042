import { z } from 'zod';

/** Training by several workers: in rounds, each of which ends with a merge of what the workers have trained. */

/** Steps of a plan that several workers train at once, from one checkpoint. */
const round = z.strictObject({
  fromStep: z.int(),
  toStep: z.int(),
  /** that have steps in it: fewer than workers where the last round has fewer steps than workers */
  shards: z.int(),
});

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

export type Round = z.infer<typeof round>;

/** Which of a round's shards a training is. */
export const shardOfRound = z.strictObject({
  /** the shard's first step */
  fromStep: z.int(),
  round,
});
export type ShardOfRound = z.infer<typeof shardOfRound>;
