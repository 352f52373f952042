import { CancellationScope } from '@temporalio/workflow';
import { training } from '../activity-bounds.ts';
import type { Round } from '../contracts/rounds.ts';
import type { RoundWork, TrainShardResult } from '../contracts/train-activities.ts';
import { shardsOf } from '../decisions/rounds.ts';

/**
 * Trains a round: its shards at once, on whichever GPU workers are free, and then the merge, on one of them:
 * they have no shard to train until it is done, and the data worker, which runs workflows, is spared the sums.
 *
 * @param name what the Temporal UI shows beside the activities
 * @param patiently waits, for each activity by itself, while the disk is full
 */
export async function trainRound(
  round: Round,
  name: string,
  work: RoundWork,
  patiently: <Result>(activity: () => Promise<Result>) => Promise<Result>,
): Promise<TrainShardResult> {
  const ranges = shardsOf(round);
  const shards = await allOrNone(
    ranges.map(({ fromStep, toStep }, shard) => {
      const summary = `${name}, shard ${shard + 1} of ${ranges.length}: steps ${fromStep} to ${toStep - 1}`;
      return () => patiently(() => training(summary).trainShard({ ...work, fromStep, toStep, round }));
    }),
  );
  return patiently(() =>
    training(`${name}: merge ${ranges.length} shards`).mergeShards({
      ...work,
      round,
      shards: shards.map(({ checkpoint }) => checkpoint.uri),
    }),
  );
}

/** All results in order; where one fails, the others are cancelled. */
async function allOrNone<Result>(works: readonly (() => Promise<Result>)[]): Promise<Result[]> {
  const scope = new CancellationScope();
  try {
    return await scope.run(() => Promise.all(works.map((work) => work())));
  } catch (error) {
    scope.cancel();
    throw error;
  }
}
