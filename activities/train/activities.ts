import { Context } from '@temporalio/activity';
import type { TrainActivities } from '../../workflows/contracts/train-activities.ts';
import { runAttempt } from '../attempt.ts';
import { exportModel } from './export-model.ts';
import { measureLoss } from './measure-loss.ts';
import { askDevice } from './memory-plan/ask-device.ts';
import { planTraining } from './plan/plan-training.ts';
import { signalling } from './process/signalling.ts';
import { mergeShards } from './round/merge-shards.ts';
import { type ShardDependencies, trainShard } from './shard.ts';

/** The activities of the train step, over the store that they read from and write to. */
export function createTrainActivities(deps: ShardDependencies): TrainActivities {
  return {
    planTraining: (input) =>
      runAttempt((attempt) => planTraining(input, { ...deps, askMemory: () => askDevice(attempt) }, attempt)),
    trainShard: (input) =>
      runAttempt((attempt) =>
        trainShard(input, deps, signalling(attempt, input.totalSteps), attemptNumber()),
      ),
    mergeShards: (input) => runAttempt((attempt) => mergeShards(input, deps, attempt, attemptNumber())),
    measureLoss: (input) => runAttempt((attempt) => measureLoss(input, deps, attempt)),
    exportModel: (input) => runAttempt(() => exportModel(input, deps)),
  };
}

/**
 * The server's clock numbers the attempts: unlike `attempt` it grows across executions too, so a workflow that
 * was reset, or started again under its id, takes a shard over like any later attempt.
 */
function attemptNumber(): number {
  return Context.current().info.currentAttemptScheduledTimestampMs;
}
