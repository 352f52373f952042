import {
  allHandlersFinished,
  CancellationScope,
  condition,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { processing, training } from '../activity-bounds.ts';
import type { TokenizeInput } from '../contracts/tokenize.ts';
import type { TrainInput, TrainResult } from '../contracts/train.ts';
import { type TrainActivities, trainingSettingsOf } from '../contracts/train-activities.ts';
import { progressAtFirst } from '../decisions/progress-of.ts';
import { tooManyRounds } from '../decisions/rounds.ts';
import { runTraining } from '../decisions/training-course.ts';
import { sayingHowToGoOn } from '../end/how-to-go-on.ts';
import { failed } from '../failed.ts';
import { resolveInput } from '../input.ts';
import { progressQuery, UPDATES_OF_WHAT_WAITS } from '../messages.ts';
import { TrainingStage } from './training-stage.ts';

/**
 * Step 5: train in epoch shards. A shard is a range of global steps of one batch plan, so how many shards
 * there are changes nothing; each is an activity that goes on from the last checkpoint, on whichever GPU
 * worker is free. With several workers the shards of a round are trained at once and merged, on a GPU worker
 * too: they have no shard to train until it is done, and the data worker, which runs workflows, is spared the
 * sums. A pause takes effect between shards, or between rounds. The course is in `decisions/training-course.ts`.
 */
export async function train(raw: unknown, second?: unknown): Promise<TrainResult> {
  const { input, handedOver } = await resolveInput('train', raw, second, {
    updates: UPDATES_OF_WHAT_WAITS,
    answer: (given) => {
      const control = { paused: given.handedOver?.control.paused ?? false, budgetUsd: null };
      setHandler(progressQuery, () => progressAtFirst(['train'], { control }, new Date()));
    },
  });
  const stage = new TrainingStage(handedOver);
  return sayingHowToGoOn(() => stage.throughout(() => trainIn(stage, input)));
}

async function trainIn(stage: TrainingStage, input: TrainInput): Promise<TrainResult> {
  const { model, tokens, heldOutTokens, addedTokens } =
    input.tokenized ?? (await stage.patiently(() => tokenizeFirst(input)));
  const settings = trainingSettingsOf(input);
  const { workflowId: run } = workflowInfo();
  const trained = await runTraining(
    { settings, run, model, tokens, heldOutTokens, addedTokens },
    {
      activities: (summary) => patient(training(summary), stage),
      shards: allOrNone,
      planned(totalSteps, rounds) {
        const problem = rounds && tooManyRounds(rounds, input);
        if (problem !== null) throw failed('InvalidInput', `The input of train is wrong: ${problem}`);
        stage.begin(totalSteps);
      },
      warned: (text) => log.warn(text),
      measuredBefore: (loss) => stage.measuredBefore(loss),
      between: () => stage.control.running(),
      beginRound: (round, place) => stage.beginRound(round, place),
      took: (shard) => stage.took(shard),
    },
  );
  stage.end(trained.loss.after);
  await condition(allHandlersFinished);
  return trained;
}

/** Each waits through outages by itself. */
function patient(activities: TrainActivities, stage: TrainingStage): TrainActivities {
  return {
    planTraining: (input) => stage.patiently(() => activities.planTraining(input)),
    trainShard: (input) => stage.patiently(() => activities.trainShard(input)),
    mergeShards: (input) => stage.patiently(() => activities.mergeShards(input)),
    measureLoss: (input) => stage.patiently(() => activities.measureLoss(input)),
    exportModel: (input) => stage.patiently(() => activities.exportModel(input)),
  };
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

/**
 * What the step `tokenize` does unless it is told otherwise. Written out: a default is applied where an input is
 * read, and nowhere in a workflow's own code, which a later version goes on with.
 */
const TOKENIZATION = {
  maxLength: 512,
  trainOnPrompt: false,
  format: 'alpaca',
  template: null,
  rewrittenTurns: 'divide',
  specialTokensInRows: 'parse',
  heldOut: 0.1,
} as const satisfies Partial<TokenizeInput>;

async function tokenizeFirst({ runSeed, language, model, data }: TrainInput) {
  const named = { runSeed, language, model, data };
  return processing('tokenize and mask').tokenizeRows({ ...named, ...TOKENIZATION });
}
