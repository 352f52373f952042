import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { tokenizing, training } from './activity-bounds.ts';
import type {
  TrainingPlan,
  TrainingSettings,
  TrainShardInput,
  TrainShardResult,
} from './contracts/activities.ts';
import { BY_REQUEST, type ControlState, type Pause, type Progress } from './contracts/progress.ts';
import { type Round, type RoundSettings, roundSettingsOf, trainingSettingsOf } from './contracts/rounds.ts';
import { type TrainInput, type TrainResult, tokenizeInput, trainInput } from './contracts/steps.ts';
import { followControl, ownControl } from './control.ts';
import { parseInput } from './input.ts';
import { progressQuery, type TrainReport, trainingSignal } from './messages.ts';
import { whileDiskIsFull } from './outage.ts';
import { createReporter } from './report-to-parent.ts';
import { RoundTally, roundsAfter, tooManyRounds } from './rounds.ts';
import { afterShard, type Standing, shardsAfter, startOf } from './shards.ts';
import { createStageTable, etaSeconds, toMarkdown } from './stage-table.ts';
import { type RoundWork, trainRound } from './train-round.ts';
import { roundName, trainingNote } from './training-note.ts';

/**
 * Step 5: train in epoch shards. A shard is a range of global steps of one batch plan, so how many shards
 * there are changes nothing; each is an activity that goes on from the last checkpoint, on whichever GPU
 * worker is free. With several workers the shards of a round are trained at once and merged. A pause takes
 * effect between shards, or between rounds.
 */
export async function train(
  raw: unknown,
  carried?: { control: ControlState; version: number },
): Promise<TrainResult> {
  const input = parseInput('train', trainInput, raw);
  const startedAt = Date.now();
  const table = createStageTable(['train']);
  const reporter = createReporter<TrainReport>(startedAt);
  const report: TrainReport = {
    child: 'train',
    version: 0,
    step: 0,
    totalSteps: 0,
    loss: null,
    before: null,
    tokensPerSecond: null,
    waitingFor: null,
  };
  let after: number | null = null;
  /** of the running round, where several workers train */
  let tally: RoundTally | null = null;

  const initial = carried?.control ?? {
    paused: false,
    budgetUsd: null,
    target: 1,
    concurrency: 1,
    stopEarly: false,
  };
  const send = () => reporter.send({ ...report, version: control.version });
  const control = workflowInfo().parent
    ? followControl(initial, carried?.version ?? 0, () => void send())
    : ownControl(initial, {
        spentUsd: () => 0,
        accepted: () => 0,
        generationEnded: () => true,
        acknowledged: async () => {},
      });

  const pause = () => report.waitingFor ?? (control.state.paused ? BY_REQUEST : null);
  const progress = (): Progress => ({
    state: after !== null ? 'done' : pause() === null ? 'running' : 'paused',
    stage: 'train',
    stages: table.stages,
    accepted: 0,
    target: 0,
    costUsd: 0,
    budgetUsd: null,
    pauseReason: pause()?.reason ?? null,
    pauseKind: pause()?.kind ?? null,
    loss: { latest: report.loss, before: report.before, after },
    ...(report.figures && { training: report.figures }),
    etaSeconds: etaSeconds(table.stages[0], new Date()),
    forecast: null,
  });
  const show = () => {
    table.update('train', { done: report.step, note: trainingNote(report) });
    setCurrentDetails(toMarkdown(progress()));
  };
  setHandler(progressQuery, progress);
  setHandler(trainingSignal, (figures) => {
    const step = tally === null ? figures.step : tally.after(figures.step);
    // A shard's result may be here before its last signal.
    if (step === null || step <= report.step) return;
    const { loss, tokensPerSecond } = figures;
    Object.assign(report, { step, loss, tokensPerSecond, figures: { ...figures, step } });
    show();
    void reporter.sendIfDue({ ...report, version: control.version });
  });
  const waits = new Map<unknown, Pause>();
  /** A full disk pauses the run and does not end it. Of several shards that wait, one is named. */
  const patiently = <Result>(work: () => Promise<Result>) =>
    whileDiskIsFull(work, (pause) => {
      if (pause === null) waits.delete(work);
      else waits.set(work, pause);
      report.waitingFor = [...waits.values()].at(-1) ?? null;
      show();
      return send();
    });

  const settings = trainingSettings(input);
  const several = roundSettingsOf(settings);
  const { model, tokens, heldOutTokens, addedTokens } = input.tokenized ?? (await tokenizeFirst(input));
  const plan = await patiently(() =>
    training('plan the batches').planTraining({ settings, model, tokens, addedTokens }),
  );
  const rounds = several && roundsOf(plan, several);
  report.totalSteps = plan.totalSteps;
  table.start('train', new Date(startedAt), plan.totalSteps, 'steps');
  show();

  const before = await training('held-out loss before training').measureLoss({
    model,
    checkpoint: null,
    tokens: heldOutTokens,
  });
  report.before = before.loss;
  show();
  await send();

  const { workflowId: run } = workflowInfo();
  const { evaluateEverySteps, exportBest } = settings;
  let standing: Standing = startOf(plan);
  const work = <Range extends object>(range: Range): RoundWork & Range => ({
    settings,
    run,
    model,
    tokens,
    plan: plan.plan,
    totalSteps: plan.totalSteps,
    ...range,
    checkpoint: standing.checkpoint,
    addedTokens,
    ...(evaluateEverySteps !== null && { heldOutTokens, best: standing.best }),
  });
  const take = async (trained: TrainShardResult) => {
    standing = afterShard(trained);
    const { step, loss, tokensPerSecond, figures } = trained;
    Object.assign(report, { step, loss, tokensPerSecond, ...(figures && { figures }) });
    show();
    await send();
  };
  for (const { summary, fromStep, toStep } of rounds === null ? shardsAfter(standing.step, plan) : []) {
    await control.running();
    const shard: TrainShardInput = work({ fromStep, toStep });
    await take(await patiently(() => training(summary).trainShard(shard)));
    if (standing.stoppedEarly !== null) break;
  }
  for (const [index, round] of (rounds ?? []).entries()) {
    await control.running();
    tally = new RoundTally(round);
    report.round = { number: index + 1, of: rounds?.length ?? 0, shards: round.shards };
    show();
    await reporter.sendIfDue({ ...report, version: control.version });
    await take(await trainRound(round, roundName(report.round), work({}), patiently));
    if (standing.stoppedEarly !== null) break;
  }
  const { best, step: steps, stoppedEarly } = standing;
  const checkpoint = exportBest && best !== null ? best.checkpoint : standing.checkpoint;
  if (checkpoint === null) throw new RangeError('a batch plan has at least one shard');

  const measured = await training('held-out loss after training').measureLoss({
    model,
    checkpoint,
    tokens: heldOutTokens,
  });
  const finished = { run, model, checkpoint, ...(exportBest && { steps }) };
  const exported = await patiently(() => training('write the model folder').exportModel(finished));
  after = measured.loss;
  table.finish('train', new Date());
  show();
  await condition(allHandlersFinished);
  return {
    ...exported,
    checkpoint,
    steps,
    best,
    stoppedEarly,
    peakMemoryBytes: report.figures?.peakMemoryBytes ?? null,
    parameters: plan.parameters,
    loss: { before: before.loss, after },
  };
}

async function tokenizeFirst(input: TrainInput) {
  const { runSeed, language, model, data } = input;
  return tokenizing('tokenize and mask').tokenizeRows(
    tokenizeInput.parse({ runSeed, language, model, data }),
  );
}

function trainingSettings(input: TrainInput): TrainingSettings {
  const { data: _data, model: _model, tokenized: _tokenized, language: _language, ...settings } = input;
  return trainingSettingsOf(settings);
}

/** @throws ApplicationFailure InvalidInput where a workflow has no room for so many rounds */
function roundsOf(plan: TrainingPlan, settings: RoundSettings): Round[] {
  const rounds = [...roundsAfter(startOf(plan).step, plan.totalSteps, settings)];
  const problem = tooManyRounds(rounds, settings);
  if (problem === null) return rounds;
  throw ApplicationFailure.nonRetryable(`The input of train is wrong: ${problem}`, 'InvalidInput');
}
