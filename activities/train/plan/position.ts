import type { ShardOfRound } from '../../../workflows/contracts/rounds.ts';
import type { TrainingState } from '../checkpoint/checkpoint.ts';

/** Where a training stands: with one worker both numbers are the same. */
export interface Position {
  /** of the batch plan: the step to come */
  step: number;
  /** that Adam's moments have taken in, which its bias correction counts */
  updates: number;
}

/**
 * Where a trainer goes on. A shard of a round that begins with what the round before was merged to, or with the
 * base model, goes to its own first step, past those that other workers make.
 *
 * @param state of the checkpoint; null at the base model
 */
export function positionOf(
  state: Pick<TrainingState, 'step' | 'updates' | 'shard'> | null,
  shard: ShardOfRound | null,
): Position {
  const updates = state?.updates ?? state?.step ?? 0;
  if (shard !== null && !state?.shard) return { step: shard.fromStep, updates };
  return { step: state?.step ?? 0, updates };
}

/**
 * The place in the learning-rate schedule of a step of the plan. The workers of a round make their steps side
 * by side: when each has made n, so many steps of the round are done in all. So a shard sees the schedule at
 * the share of the plan that is done by then, all workers see the same, and the last update of a training
 * comes as close to the schedule's end with several workers as with one.
 */
export function scheduledStep(step: number, shard: ShardOfRound | null): number {
  if (shard === null) return step;
  const { fromStep, round } = shard;
  return round.fromStep + (step - fromStep) * round.shards;
}

/** Updates in which moments that begin anew are warmed. */
const WARM_AFTER = 5;

/**
 * What a learning rate is multiplied by in a round's shard while its moments are young: after one update they say no
 * more of a gradient than its sign, and every value would be moved by the whole learning rate.
 */
export function warmthAt(updates: number): number {
  return Math.min(1, (updates + 1) / WARM_AFTER);
}
