import {
  allHandlersFinished,
  condition,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { tokenizing, training } from './activity-bounds.ts';
import type { TrainingSettings, TrainShardInput, TrainShardResult } from './contracts/activities.ts';
import { BY_REQUEST, type ControlState, type Progress } from './contracts/progress.ts';
import type { ArtifactReference } from './contracts/reference.ts';
import { type TrainInput, type TrainResult, tokenizeInput, trainInput } from './contracts/steps.ts';
import { followControl, ownControl } from './control.ts';
import { parseInput } from './input.ts';
import { progressQuery, type TrainReport } from './messages.ts';
import { whileDiskIsFull } from './outage.ts';
import { createReporter } from './report-to-parent.ts';
import { createStageTable, etaSeconds, toMarkdown } from './stage-table.ts';

/**
 * Step 5: train in epoch shards. A shard is a range of global steps of one batch plan, so how many shards
 * there are changes nothing; each is an activity that goes on from the last checkpoint, on whichever GPU
 * worker is free. A pause takes effect between shards.
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
    etaSeconds: etaSeconds(table.stages[0], new Date()),
    forecast: null,
  });
  const show = () => {
    const speed =
      report.tokensPerSecond === null ? '' : `, ${Math.round(report.tokensPerSecond)} tokens a second`;
    table.update('train', {
      done: report.step,
      note: report.loss === null ? '' : `loss ${report.loss.toFixed(3)}${speed}`,
    });
    setCurrentDetails(toMarkdown(progress()));
  };
  setHandler(progressQuery, progress);
  /** A full disk pauses the run and does not end it. */
  const patiently = <Result>(work: () => Promise<Result>) =>
    whileDiskIsFull(work, (pause) => {
      report.waitingFor = pause;
      show();
      return send();
    });

  const settings = trainingSettings(input);
  const { model, tokens, heldOutTokens, addedTokens } = input.tokenized ?? (await tokenizeFirst(input));
  const plan = await patiently(() =>
    training('plan the batches').planTraining({ settings, model, tokens, addedTokens }),
  );
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
  let checkpoint: ArtifactReference | null = null;
  for (const [shard, fromStep] of plan.boundaries.slice(0, -1).entries()) {
    await control.running();
    const toStep = plan.boundaries[shard + 1] ?? plan.totalSteps;
    const summary = `shard ${shard + 1} of ${plan.boundaries.length - 1}: steps ${fromStep} to ${toStep - 1}`;
    const shardInput: TrainShardInput = {
      settings,
      run,
      model,
      tokens,
      plan: plan.plan,
      totalSteps: plan.totalSteps,
      fromStep,
      toStep,
      checkpoint,
      addedTokens,
    };
    const trained: TrainShardResult = await patiently(() => training(summary).trainShard(shardInput));
    checkpoint = trained.checkpoint;
    Object.assign(report, {
      step: trained.step,
      loss: trained.loss,
      tokensPerSecond: trained.tokensPerSecond,
    });
    show();
    await send();
  }
  if (checkpoint === null) throw new RangeError('a batch plan has at least one shard');

  const measured = await training('held-out loss after training').measureLoss({
    model,
    checkpoint,
    tokens: heldOutTokens,
  });
  const finished = { run, model, checkpoint };
  const exported = await patiently(() => training('write the model folder').exportModel(finished));
  after = measured.loss;
  table.finish('train', new Date());
  show();
  await condition(allHandlersFinished);
  return {
    ...exported,
    checkpoint,
    steps: plan.totalSteps,
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
  return settings;
}
