import {
  allHandlersFinished,
  condition,
  continueAsNew,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { processing, training } from '../activity-bounds.ts';
import type { HandOver } from '../contracts/run/start.ts';
import type { TokenizeInput } from '../contracts/tokenize.ts';
import type { TrainInput, TrainResult } from '../contracts/train.ts';
import {
  type TrainActivities,
  type TrainShardInput,
  trainingSettingsOf,
} from '../contracts/train-activities.ts';
import { progressAtFirst } from '../decisions/progress-of.ts';
import type { TrainHandedOver } from '../decisions/start/starts.ts';
import type { CarriedTraining } from '../decisions/train/carried-training.ts';
import { runTraining } from '../decisions/training-course.ts';
import { sayingHowToGoOn } from '../end/how-to-go-on.ts';
import { failed } from '../failed.ts';
import { resolveInput } from '../input.ts';
import { progressQuery, UPDATES_OF_WHAT_WAITS } from '../messages.ts';
import { roundOfShards } from './round-of-shards.ts';
import { ShardsOnNodes } from './shard-on-nodes.ts';
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
  const stage = new TrainingStage(handedOver, input);
  const carried = handedOver?.training ?? null;
  return sayingHowToGoOn(() => stage.throughout(() => trainIn(stage, input, carried)));
}

async function trainIn(
  stage: TrainingStage,
  input: TrainInput,
  carried: CarriedTraining | null,
): Promise<TrainResult> {
  const { model, tokens, heldOutTokens, addedTokens } =
    input.tokenized ?? (await stage.patiently(() => tokenizeFirst(input)));
  const tokenized = { model, tokens, heldOutTokens, addedTokens };
  const settings = trainingSettingsOf(input);
  const { workflowId: run } = workflowInfo();
  const together = new ShardsOnNodes();
  const trained = await runTraining(
    { settings, run, ...tokenized },
    {
      activities: (summary) => patient(summary, stage, together),
      shards: roundOfShards,
      planned: (totalSteps) => stage.begin(totalSteps),
      warned: (text) => log.warn(text),
      measuredBefore: (loss) => stage.measuredBefore(loss),
      between: () => stage.control.running(),
      beginRound: (round, place) => stage.beginRound(round, place),
      merged: ({ traffic }) => stage.merged(traffic),
      leftOut: ({ fromStep, toStep }) =>
        log.warn('A late shard is left out.', { fromStep, toStep: toStep - 1 }),
      isFull: () => workflowInfo().continueAsNewSuggested,
      async goOnAnew(training) {
        await condition(allHandlersFinished);
        const handedOver = { ...stage.handOver(), training };
        const second: HandOver<TrainHandedOver> = { handedOver };
        return continueAsNew<typeof train>({ ...input, tokenized }, second);
      },
      took: (shard) => stage.took(shard),
    },
    carried === null ? null : { ...carried, before: lossBefore(carried) },
  );
  await stage.end(trained.loss.after);
  await condition(allHandlersFinished);
  return trained;
}

/** A workflow measures it before its first shard, so whoever hands over has it. */
function lossBefore({ before }: CarriedTraining): number {
  if (before !== null) return before;
  throw failed('InvalidInput', 'The training that was handed over has no loss before it.');
}

/** Each waits through outages by itself. */
function patient(summary: string, stage: TrainingStage, together: ShardsOnNodes): TrainActivities {
  const activities = training(summary);
  const trainOnNodes = (input: TrainShardInput) =>
    stage.gathering(
      () => together.train(input, summary),
      () =>
        `${together.came} of ${input.settings.nodes} GPU workers came in ${input.settings.gatherSeconds} s`,
    );
  return {
    planTraining: (input) => stage.patiently(() => activities.planTraining(input)),
    trainShard: (input) =>
      input.settings.nodes > 1 ? trainOnNodes(input) : stage.patiently(() => activities.trainShard(input)),
    mergeShards: (input) => stage.patiently(() => activities.mergeShards(input)),
    measureLoss: (input) => stage.patiently(() => activities.measureLoss(input)),
    exportModel: (input) => stage.patiently(() => activities.exportModel(input)),
  };
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
  heldOutData: null,
} as const satisfies Partial<TokenizeInput>;

async function tokenizeFirst({ runSeed, language, model, data }: TrainInput) {
  const named = { runSeed, language, model, data };
  return processing('tokenize and mask').tokenizeRows({ ...named, ...TOKENIZATION });
}
