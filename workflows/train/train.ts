import { allHandlersFinished, condition, workflowInfo } from '@temporalio/workflow';
import { tokenizing, training } from '../activity-bounds.ts';
import type { SettingsInForce } from '../contracts/progress.ts';
import type { Round, RoundSettings } from '../contracts/rounds.ts';
import { tokenizeInput } from '../contracts/tokenize.ts';
import { type TrainInput, type TrainResult, trainInput } from '../contracts/train.ts';
import type { TrainingPlan, TrainingSettings, TrainShardInput } from '../contracts/train-activities.ts';
import { type RoundWork, roundSettingsOf } from '../contracts/train-activities.ts';
import { roundsAfter, tooManyRounds } from '../decisions/rounds.ts';
import { afterShard, type Standing, shardsAfter, startOf } from '../decisions/shards.ts';
import { failed } from '../failed.ts';
import { parseInput } from '../input.ts';
import { trainRound } from './train-round.ts';
import { TrainingStage } from './training-stage.ts';

/**
 * Step 5: train in epoch shards. A shard is a range of global steps of one batch plan, so how many shards
 * there are changes nothing; each is an activity that goes on from the last checkpoint, on whichever GPU
 * worker is free. With several workers the shards of a round are trained at once and merged. A pause takes
 * effect between shards, or between rounds.
 */
export async function train(raw: unknown, carried?: SettingsInForce): Promise<TrainResult> {
  const input = parseInput('train', trainInput, raw);
  const stage = new TrainingStage(carried);
  const settings = trainingSettings(input);
  const { model, tokens, heldOutTokens, addedTokens } = input.tokenized ?? (await tokenizeFirst(input));
  const plan = await stage.patiently(() =>
    training('plan the batches').planTraining({ settings, model, tokens, addedTokens }),
  );
  const several = roundSettingsOf(settings);
  const rounds = several && roundsOf(plan, several);
  stage.begin(plan.totalSteps);

  const before = await training('held-out loss before training').measureLoss({
    model,
    checkpoint: null,
    tokens: heldOutTokens,
  });
  await stage.measuredBefore(before.loss);

  const { workflowId: run } = workflowInfo();
  const { evaluateEverySteps, exportBest } = settings;
  const workAfter = ({ checkpoint, best }: Standing): RoundWork => ({
    settings,
    run,
    model,
    tokens,
    plan: plan.plan,
    totalSteps: plan.totalSteps,
    checkpoint,
    addedTokens,
    heldOutTokens: evaluateEverySteps === null ? null : heldOutTokens,
    best,
  });
  const standing =
    rounds === null
      ? await trainShards(plan, workAfter, stage)
      : await trainRounds(plan, rounds, workAfter, stage);
  const { best, step: steps, stoppedEarly } = standing;
  const checkpoint = exportBest && best !== null ? best.checkpoint : standing.checkpoint;
  if (checkpoint === null) throw new RangeError('a batch plan has at least one shard');

  const measured = await training('held-out loss after training').measureLoss({
    model,
    checkpoint,
    tokens: heldOutTokens,
  });
  const exported = await stage.patiently(() =>
    training('write the model folder').exportModel({ run, model, checkpoint, steps }),
  );
  stage.end(measured.loss);
  await condition(allHandlersFinished);
  return {
    ...exported,
    checkpoint,
    steps,
    best,
    stoppedEarly,
    peakMemoryBytes: stage.peakMemoryBytes,
    parameters: plan.parameters,
    loss: { before: before.loss, after: measured.loss },
  };
}

/** What a shard or a round takes of the training, by how far that is. */
type WorkAfter = (standing: Standing) => RoundWork;

/** One worker's training: shard after shard. */
async function trainShards(
  plan: TrainingPlan,
  workAfter: WorkAfter,
  stage: TrainingStage,
): Promise<Standing> {
  let standing = startOf(plan);
  for (const { summary, fromStep, toStep } of shardsAfter(standing.step, plan)) {
    await stage.control.running();
    const work: TrainShardInput = { ...workAfter(standing), fromStep, toStep, round: null };
    const trained = await stage.patiently(() => training(summary).trainShard(work));
    standing = afterShard(trained);
    await stage.took(trained);
    if (standing.stoppedEarly !== null) break;
  }
  return standing;
}

/** Several workers' training: round after round. */
async function trainRounds(
  plan: TrainingPlan,
  rounds: readonly Round[],
  workAfter: WorkAfter,
  stage: TrainingStage,
): Promise<Standing> {
  let standing = startOf(plan);
  for (const [index, round] of rounds.entries()) {
    await stage.control.running();
    const name = await stage.beginRound(round, index + 1, rounds.length);
    const trained = await trainRound(round, name, workAfter(standing), (work) => stage.patiently(work));
    standing = afterShard(trained);
    await stage.took(trained);
    if (standing.stoppedEarly !== null) break;
  }
  return standing;
}

async function tokenizeFirst(input: TrainInput) {
  const { runSeed, language, model, data } = input;
  return tokenizing('tokenize and mask').tokenizeRows(
    tokenizeInput.parse({ runSeed, language, model, data }),
  );
}

function trainingSettings(input: TrainInput): TrainingSettings {
  const { data: _data, model: _model, tokenized: _tokenized, language: _language, ...settings } = input;
  return settings;
}

/** @throws ApplicationFailure InvalidInput where a workflow has no room for so many rounds */
function roundsOf(plan: TrainingPlan, settings: RoundSettings): Round[] {
  const rounds = [...roundsAfter(startOf(plan).step, plan.totalSteps, settings)];
  const problem = tooManyRounds(rounds, settings);
  if (problem === null) return rounds;
  throw failed('InvalidInput', `The input of train is wrong: ${problem}`);
}
