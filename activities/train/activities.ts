import { Context } from '@temporalio/activity';
import type { EngineActivities, TrainActivities } from '../../workflows/contracts/train-activities.ts';
import { runAttempt } from '../activity-attempt.ts';
import { checkEngine } from './check-engine.ts';
import { exportModel } from './export-model.ts';
import { measureLoss } from './measure-loss.ts';
import { askDevice } from './memory-plan/ask-device.ts';
import { planTraining } from './plan/plan-training.ts';
import { SAVE_WITHIN_MS } from './process/process.ts';
import { gatherByWorkflow, signalling } from './process/signalling.ts';
import { mergeShards } from './round/merge-shards.ts';
import { type ShardDependencies, trainShard } from './shard.ts';
import { joinShard } from './torchrun/join-shard.ts';
import { NO_PROGRAMS } from './torchrun/torchrun.ts';

/** The activities of the train step, over the store that they read from and write to. */
export function createTrainActivities(given: ShardDependencies): TrainActivities & EngineActivities {
  const usual = { saveWithinMs: SAVE_WITHIN_MS, programs: NO_PROGRAMS, kept: null, gather: gatherByWorkflow };
  const deps = { ...usual, ...given };
  return {
    planTraining: (input) =>
      runAttempt((attempt) => planTraining(input, { ...deps, askMemory: () => askDevice(attempt) }, attempt)),
    trainShard: (input) =>
      runAttempt((attempt) =>
        trainShard(input, deps, signalling(attempt, input.totalSteps), attemptNumber()),
      ),
    mergeShards: (input) =>
      runAttempt(async (attempt) => {
        // What it measures with is to have the device.
        if (input.heldOutTokens !== null) await deps.kept?.end();
        return mergeShards(input, deps, attempt, attemptNumber());
      }),
    measureLoss: (input) => runAttempt((attempt) => measureLoss(input, deps, attempt)),
    checkEngine: (settings) => runAttempt((attempt) => checkEngine(settings, deps.programs, attempt)),
    joinShard: (input) =>
      runAttempt(async (attempt) => {
        await deps.kept?.end();
        return joinShard(input, deps, attempt);
      }),
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
