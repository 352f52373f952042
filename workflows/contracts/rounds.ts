import { z } from 'zod';

/** Training by several workers: in rounds, each of which ends with a merge of what the workers have trained. */

/** Steps of a plan that several workers train at once, from one checkpoint. */
export const round = z.strictObject({
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
    .default(1)
    .describe('With `outer` nesterov: what the workers’ mean change is multiplied by'),
  outerMomentum: z
    .number()
    .min(0)
    .lt(1)
    .nullable()
    .default(null)
    .describe(
      'With `outer` nesterov: the share of a round’s change that the next one goes on with; null: 1 - 1 / √workers, by which changes of one direction add up to √workers times themselves',
    ),
  roundUpdate: z
    .enum(['f32', 'bf16', 'int8'])
    .default('int8')
    .describe(
      'With several workers: what a round’s differences are handed over in; what the encoding loses is made up for in the next round',
    ),
  roundMoments: z
    .enum(['drop', 'keep'])
    .default('drop')
    .describe(
      'With several workers: whether Adam’s moments begin anew with each round, or each worker goes on with its own, 8 bytes a parameter in the store',
    ),
  roundWeights: z
    .enum(['targets', 'equal'])
    .default('targets')
    .describe('With several workers: whether a shard weighs by the target tokens that it learnt from'),
  quorum: z
    .int()
    .min(1)
    .max(64)
    .nullable()
    .default(null)
    .describe(
      'With several workers: shards of a round after which the others have `graceSeconds` left; null: all',
    ),
  graceSeconds: z
    .number()
    .min(0)
    .max(604_800)
    .default(60)
    .describe('With `quorum`: how long a round waits for its late shards once so many are done'),
  lateShards: z
    .enum(['next-round', 'leave-out'])
    .default('next-round')
    .describe(
      'With `quorum`: whether a late shard may end and be merged with the next round, or is stopped and its rows are not learnt from in that epoch',
    ),
});
/** As they are gone by. */
export interface RoundSettings extends Omit<z.infer<typeof roundSettings>, 'outerMomentum'> {
  outerMomentum: number;
}

export type Round = z.infer<typeof round>;

/** Which of a round's shards a training is. */
export const shardOfRound = z.strictObject({
  /** the shard's first step */
  fromStep: z.int(),
  round,
});
export type ShardOfRound = z.infer<typeof shardOfRound>;

const bytes = z.int().min(0);

/** What was handed over in rounds, in bytes: what one parameter takes is this over parameters. */
export const roundTraffic = z.strictObject({
  /** the shards' differences, as the merges read them */
  up: bytes,
  /** the merged difference, once for each worker of the round */
  down: bytes,
  /** what the shards left in the store for themselves: what an encoding lost, and moments that are kept */
  own: bytes,
});
export type RoundTraffic = z.infer<typeof roundTraffic>;
