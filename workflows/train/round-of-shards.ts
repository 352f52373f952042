import { condition } from '@temporalio/workflow';
import type { BegunShard, LateShard, Patience } from '../decisions/train/train-rounds.ts';
import { BegunWork } from './begun-work.ts';

/**
 * Trains the shards of a round at once. Where one fails for good before the round is over, the others are cancelled.
 * With a quorum the round is over a grace time after so many are done, whatever the others are at; the timer is in the
 * history, so a replay finds the same ones late.
 */
export async function roundOfShards<Result>(
  works: readonly (() => Promise<Result>)[],
  { quorum, graceSeconds }: Patience,
): Promise<BegunShard<Result>[]> {
  const shards = works.map((work) => new Shard(work, 'A shard of a round failed.'));
  const failed = () => shards.find(({ error }) => error !== undefined);
  const done = () => shards.filter(({ done }) => done !== null).length;
  const isOver = () => failed() !== undefined || done() === shards.length;
  try {
    await condition(() => isOver() || (quorum !== null && done() >= quorum));
    if (!isOver())
      await condition(isOver, graceSeconds * 1000, {
        summary: `waits for ${shards.length - done()} late shards`,
      });
    const first = failed();
    if (first) throw first.error;
  } catch (error) {
    for (const shard of shards) shard.stop();
    throw error;
  }
  return shards.map((shard) => (shard.done === null ? { late: shard } : { done: shard.done.result }));
}

class Shard<Result> extends BegunWork<Result> implements LateShard<Result> {
  result(): Result | null {
    return this.done?.result ?? null;
  }

  leaveOut(): void {
    this.stop();
  }
}
