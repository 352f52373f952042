import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShardOfRound } from '../../../workflows/contracts/rounds.ts';
import type { Changeable } from '../../../workflows/contracts/train.ts';
import type { TrainingSettings } from '../../../workflows/contracts/train-activities.ts';
import { AlpacaError } from '../../errors.ts';
import type { LoraConfig } from '../../model/adapter/lora.ts';
import { countTargets, type NumberedExample } from '../../model/example.ts';
import type { LlamaConfig } from '../../model/folder/config.ts';
import { readConfig, readModel } from '../../model/folder/folder.ts';
import { TracedPasses } from '../../model/llama/traced-pass.ts';
import { loadBinding } from '../../model/tensorflow.ts';
import { serve } from '../../process/child-service.ts';
import { giveBack } from '../../process/garbage.ts';
import { readTokens } from '../../tokenize/tokens.ts';
import {
  type Checkpoint,
  FIRST,
  readCheckpoint,
  readMoments,
  writeCheckpoint,
} from '../checkpoint/checkpoint.ts';
import { checkIdentity, type TrainingIdentity } from '../checkpoint/identity.ts';
import { differenceOf, thisMachine } from '../checkpoint/machine.ts';
import {
  afterMeasuring,
  type HeldOutProgress,
  isMeasured,
  NOTHING_MEASURED,
  ownProgress,
  reasonToStop,
} from '../early-stopping.ts';
import { deviceMemory } from '../memory-plan/device-memory.ts';
import { checkFits, memoryJobOf } from '../memory-plan/fit.ts';
import type { StepMetrics } from '../metrics.ts';
import { type BatchPlan, parsePlan } from '../plan/plan.ts';
import { readRecord } from '../round/update.ts';
import type { Meeting } from '../torchrun/rendezvous.ts';
import { Trainer } from '../trainer.ts';
import { differenceWhenRepeated } from './repeatability.ts';

/** The entry of the child process behind trainInProcess. */
export interface TrainRequest {
  /** names the training, with its identity */
  run: string;
  settings: TrainingSettings;
  identity: TrainingIdentity;
  /** null trains all weights */
  lora: LoraConfig | null;
  modelPath: string;
  tokensPath: string;
  /** null where held-out loss is not measured on the way */
  heldOutPath: string | null;
  planPath: string;
  /** where to go on; null to begin with the base model's weights */
  checkpointPath: string | null;
  /** of a round's shard: the folder of what the one before it left; null where that is nothing */
  recordPath: string | null;
  /** the step of the best checkpoint that the run has; measurements count from another run's as from none */
  bestStep: number | null;
  /** in what the checkpoint may be of another training */
  allowChanged: readonly Changeable[];
  /** which of a round's shards this is; null where one worker trains */
  shard: ShardOfRound | null;
  /** train until this step of the plan is the next */
  toStep: number;
  /** by torchrun on several GPU workers: which of them this is, and where they meet */
  meeting?: Meeting | null;
  /** an existing folder for checkpoints on their way into the store */
  workspace: string;
}

export type TrainEvent =
  /**
   * `elsewhere`: the checkpoint is of another build or machine, so this is not bit-identical to no stop.
   * `unrepeatable`: by how much the same gradients differ when they are computed again, as a share of the
   * largest; 0 where a resumed run is bit-identical.
   * `changed`: what it was made with and has changed, as was allowed.
   */
  | { kind: 'started'; step: number; elsewhere: string | null; unrepeatable: number; changed: string[] }
  | { kind: 'step'; metrics: StepMetrics }
  /** a folder that the parent takes away while the steps go on; `best` is the held-out loss where it is the lowest so far */
  | { kind: 'checkpoint'; step: number; path: string; best: number | null };

export interface TrainReply {
  /** why training ended before its last step; null where it did not */
  stoppedEarly: string | null;
  /** it was told to stop before the last step; the step that it reached is saved */
  interrupted: boolean;
}

serve<TrainRequest, TrainReply, TrainEvent>(async (request, tell, stop) => {
  const { toStep, workspace, settings, shard } = request;
  const { trainer, plan, heldOutRows, ...started } = await start(request, tell, stop);
  let { heldOut } = started;
  const reason = () => (trainer.step < plan.totalSteps ? reasonToStop(heldOut, settings) : null);

  const isDone = () => trainer.step === toStep || reason() !== null;
  // The steps go on while the parent takes a checkpoint away: one at a time.
  let taken = Promise.resolve();
  while (!isDone() && !stop.aborted) {
    const metrics = trainer.runStep();
    const { step } = trainer;
    if (heldOutRows !== null && isMeasured(step, plan.totalSteps, settings)) {
      metrics.heldOutLoss = await trainer.lossOf(heldOutRows);
      heldOut = afterMeasuring(heldOut, { step, loss: metrics.heldOutLoss }, settings.minimumImprovement);
    }
    await tell({ kind: 'step', metrics });

    const best = heldOut.best?.step === step ? heldOut.best.loss : null;
    const isLast = isDone() || stop.aborted;
    if (step % settings.checkpointEverySteps !== 0 && !isLast && best === null) continue;
    await taken;
    const path = join(workspace, `checkpoint-${step}`);
    // What ends a round's shard becomes an update, of which moments that are dropped are no part.
    const withMoments = shard === null || step < toStep || settings.roundMoments === 'keep';
    const content = trainer.checkpoint(heldOut, withMoments);
    await writeCheckpoint(path, content);
    for (const tensors of [content.weights, content.moments?.first, content.moments?.second])
      giveBack([...(tensors?.values() ?? [])].map(({ data }) => data));
    taken = tell({ kind: 'checkpoint', step, path, best });
  }
  await taken;
  trainer.destroy();
  return { stoppedEarly: reason(), interrupted: !isDone() };
});

interface Started {
  trainer: Trainer;
  plan: BatchPlan;
  heldOutRows: NumberedExample[] | null;
  heldOut: HeldOutProgress;
}

/** @throws the reason of `stop` before it reads the model: there is nothing to save yet */
async function start(
  request: TrainRequest,
  tell: (event: TrainEvent) => Promise<void>,
  stop: AbortSignal,
): Promise<Started> {
  const { identity, settings, lora, shard, checkpointPath, heldOutPath, allowChanged } = request;
  const found = checkpointPath === null ? null : await readCheckpoint(checkpointPath);
  // In the middle of its shard a worker's own moments are in its checkpoint.
  const checkpoint =
    found?.state.shard || !request.recordPath ? found : await withMoments(found, request.recordPath);
  const changed =
    checkpoint && checkpointPath
      ? checkIdentity(checkpoint.state.identity, identity, checkpointPath, allowChanged)
      : [];
  const { rows, plan, config, passes } = await read(request);
  checkFits(memoryJobOf({ config, lora, settings, plan, rows }), deviceMemory());
  stop.throwIfAborted();
  // A checkpoint of all weights has all that a model folder has.
  const isWhole = checkpoint !== null && lora === null;
  const trainer = new Trainer({
    model: isWhole ? { config, weights: new Map() } : await readModel(request.modelPath),
    passes,
    rows,
    plan,
    settings,
    lora,
    identity,
    checkpoint,
    shard,
  });
  const { heldOut = NOTHING_MEASURED, madeOn } = checkpoint?.state ?? {};
  const elsewhere = madeOn ? differenceOf(madeOn, thisMachine()) : null;
  const asks = thisMachine().device === 'gpu' && trainer.step < plan.totalSteps;
  const unrepeatable = asks ? differenceWhenRepeated(() => trainer.gradients()) : 0;
  await tell({ kind: 'started', step: trainer.step, elsewhere, unrepeatable, changed });
  return {
    trainer,
    plan,
    heldOutRows: heldOutPath === null ? null : await readHeldOut(heldOutPath),
    heldOut: ownProgress(heldOut, request.bestStep),
  };
}

/** What all shards of a training read, and the graphs of their steps: this process may have one after another. */
interface Read {
  paths: string;
  rows: NumberedExample[];
  plan: BatchPlan;
  config: LlamaConfig;
  passes: TracedPasses;
}

let known: Read | null = null;

async function read({ tokensPath, planPath, modelPath }: TrainRequest): Promise<Read> {
  const paths = JSON.stringify([tokensPath, planPath, modelPath]);
  if (known?.paths === paths) return known;
  known?.passes.destroy();
  const planAndConfig = async () => {
    const plan = parsePlan(await readFile(planPath, 'utf8'), planPath);
    const config = await readConfig(modelPath);
    // It holds up this thread, and rows are read in another.
    loadBinding();
    return { plan, config };
  };
  const [rows, others] = await Promise.all([readTokens(tokensPath), planAndConfig()]);
  known = { paths, passes: new TracedPasses(), rows, ...others };
  return known;
}

/** A checkpoint that a round begins with, and the moments that the worker kept, if it did. */
async function withMoments(checkpoint: Checkpoint | null, record: string): Promise<Checkpoint | null> {
  const { updates, files } = await readRecord(record);
  if (!checkpoint || !(FIRST in files)) return checkpoint;
  return { ...checkpoint, state: { ...checkpoint.state, updates }, moments: await readMoments(record) };
}

async function readHeldOut(path: string): Promise<NumberedExample[]> {
  const rows = await readTokens(path);
  if (rows.some((row) => countTargets(row) > 0)) return rows;
  throw new AlpacaError(
    'InvalidInput',
    `There is no held-out loss to measure every so often: the ${rows.length} held-out rows have no target.`,
    { remedy: 'Hold out a larger share of the data, or leave evaluateEverySteps out.' },
  );
}
