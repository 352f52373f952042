import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShardOfRound } from '../../workflows/contracts/rounds.ts';
import type { BestCheckpoint, TrainingFigures } from '../../workflows/contracts/train.ts';
import type { TrainShardInput, TrainShardResult } from '../../workflows/contracts/train-activities.ts';
import { makeFolder } from '../artifacts/atomic.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import type { LoraConfig } from '../model/adapter/lora.ts';
import { traced } from '../tracing.ts';
import {
  type CheckpointPointer,
  claimShard,
  latestCheckpoint,
  type ShardKey,
  shardOfRoundKey,
} from './checkpoint/checkpoint-pointer.ts';
import { heldOutOf } from './checkpoint/held-out-of.ts';
import { identityDigest, type TrainingIdentity } from './checkpoint/identity.ts';
import { identify } from './checkpoint/stored-identity.ts';
import { trainByCommand } from './command/command.ts';
import { reasonToStop } from './early-stopping.ts';
import { gatherMetrics } from './metrics.ts';
import { openTraining } from './open-training.ts';
import type { TrainEvent, TrainReply, TrainRequest } from './process/child.ts';
import { throughDeaths } from './process/deaths.ts';
import { type KeptProcess, SAVE_WITHIN_MS, trainInProcess } from './process/process.ts';
import { figuresOf, Recorder } from './process/recorder.ts';
import { openStart, updateKeeper } from './round/shard-update.ts';
import { type Gather, meet, nowhere } from './torchrun/rendezvous.ts';
import { NO_PROGRAMS, type TrainingPrograms, trainByTorchrun } from './torchrun/torchrun.ts';

export interface ShardDependencies {
  store: ArtifactStore;
  /** how long an attempt that is to end may take to save the step that it is at; 0: its process is ended at once */
  saveWithinMs?: number;
  /** what the other engines run */
  programs?: TrainingPrograms;
  /** where the process of a shard stays until its worker has the next of the training's rounds */
  kept?: KeptProcess | null;
  /** of several GPU workers that train a shard together */
  gather?: Gather;
}

/** Engines that run a program of their own for each shard. */
const PROGRAMS = { torchrun: trainByTorchrun, command: trainByCommand };

/** A shard's training loss is the mean over so many of its last steps. */
const LAST_STEPS = 10;

interface Context extends Required<ShardDependencies> {
  attempt: Attempt;
  attemptNumber: number;
}

/**
 * Trains the steps [fromStep, toStep) of a run. Goes on from the latest checkpoint that an earlier attempt
 * left within the range, else from the one that the range starts with; in a round of several workers from the
 * one that the round starts with. An attempt whose signal says so ends with the step that it is at, which it
 * saves, so that the next one goes on from there.
 *
 * @param attemptNumber grows from attempt to attempt; a later one takes the shard over from an earlier one
 */
export async function trainShard(
  input: TrainShardInput,
  {
    store,
    saveWithinMs = SAVE_WITHIN_MS,
    programs = NO_PROGRAMS,
    kept = null,
    gather = nowhere,
  }: ShardDependencies,
  attempt: Attempt,
  attemptNumber: number,
): Promise<TrainShardResult> {
  const { run, fromStep, toStep, round, record } = input;
  const shard: ShardOfRound | null = round && { fromStep, round };
  const { identity, lora } = await identify(input, store);
  const training = { run, identity: identityDigest(identity) };
  const key = shard
    ? shardOfRoundKey(training, shard, toStep, [input.checkpoint, record])
    : { ...training, fromStep, toStep };

  await claimShard(store, key, attemptNumber, input.checkpoint?.uri ?? null);
  let latest = await latestCheckpoint(store, key);
  let stoppedEarly = latest?.step === toStep ? await reasonIn(latest, input, store) : null;
  if (latest?.step !== toStep) {
    const context = { store, saveWithinMs, programs, kept, gather, attempt, attemptNumber };
    ({ latest, stoppedEarly } = await train(input, { key, identity, lora, shard, latest }, context));
  }
  if (latest === null) throw new RangeError(`the steps ${fromStep} to ${toStep} are no range`);
  const { checkpoint, step, best, beside } = latest;
  const summary = await summarize(store, key, step);
  return {
    ...{ checkpoint, step, best, stoppedEarly, ...summary },
    ...(shard && { record: beside?.[0] ?? null }),
  };
}

/** Why training ended with a shard that an earlier attempt had finished; null where it went on. */
async function reasonIn(
  latest: CheckpointPointer,
  { settings, totalSteps, toStep, round }: TrainShardInput,
  store: ArtifactStore,
): Promise<string | null> {
  if (round !== null || toStep === totalSteps) return null;
  return reasonToStop(await heldOutOf(latest, store), settings);
}

interface ShardWork {
  key: ShardKey;
  identity: TrainingIdentity;
  lora: LoraConfig | null;
  shard: ShardOfRound | null;
  latest: CheckpointPointer | null;
}

/** In a child process, from the latest checkpoint on. */
async function train(
  input: TrainShardInput,
  { key, identity, lora, shard, latest }: ShardWork,
  { store, saveWithinMs, programs, kept, gather, attempt, attemptNumber }: Context,
): Promise<{ latest: CheckpointPointer | null; stoppedEarly: string | null }> {
  const { model, toStep, node } = input;
  // Held-out loss is measured when a round is merged, not in its shards.
  const settings = shard ? { ...input.settings, evaluateEverySteps: null, patience: null } : input.settings;
  const best: BestCheckpoint | null = latest?.best ?? input.best;
  const opened = await openTraining({ ...input, settings }, store);
  const workspace = await store.workspace('training');
  // Later checkpoints of the shard may have made the one that it began with needless; a round's is what it differs from.
  const from = latest === null || shard !== null ? input.checkpoint : null;
  const start = from && (await openStart(from, { model, lora, settings }, store));
  const recordPath = input.record && (await store.open(input.record));
  const keepUpdate = shard && updateKeeper(input, { start, record: recordPath, lora }, store, workspace);
  const recorder = new Recorder(store, key, attemptNumber, input, attempt, best, keepUpdate);
  const receive = (event: TrainEvent) => recorder.receive(event);
  const goOnFrom = async (reached: CheckpointPointer | null): Promise<TrainReply> => {
    const bestStep = recorder.best?.step ?? null;
    const beginning = { checkpoint: reached?.checkpoint ?? input.checkpoint, bestStep };
    const meeting = node ? await meet(node, beginning, { gather, address: programs.address, attempt }) : null;
    const ownSpace = join(workspace, `from-${reached?.step ?? key.fromStep}`);
    const request: TrainRequest = {
      ...{ run: key.run, settings, identity, lora, ...opened, recordPath, shard, toStep, meeting, bestStep },
      checkpointPath: reached ? await store.open(reached.checkpoint) : start,
      allowChanged: settings.allowChanged,
      workspace: ownSpace,
    };
    await makeFolder(ownSpace, undefined, workspace);
    return traced(
      'training process',
      { 'alpaca.from_step': reached?.step ?? key.fromStep, 'alpaca.to_step': toStep },
      () =>
        settings.engine === 'tensorflow'
          ? trainInProcess(request, attempt, receive, saveWithinMs, shard && kept)
          : PROGRAMS[settings.engine](request, attempt, receive, saveWithinMs, programs),
    );
  };
  try {
    // What is kept of another training is in the way of this one.
    if (shard === null) await kept?.end();
    const { stoppedEarly } = await throughDeaths(goOnFrom, latest, recorder, {
      ...{ attempt, saveWithinMs, toStep },
      isAlone: !node,
    });
    return { latest: recorder.latest ?? latest, stoppedEarly };
  } catch (error) {
    // Why training failed is what matters: that its last metrics cannot be written either is not.
    await recorder.writeMetrics().catch(() => {});
    throw error;
  } finally {
    recorder.end();
    if (input.round?.toStep === input.totalSteps) await kept?.end();
    await rm(workspace, { recursive: true, force: true });
  }
}

/** The mean loss of the shard's last steps, its tokens over its time, and the figures of its last step. */
async function summarize(
  store: ArtifactStore,
  key: ShardKey,
  endStep: number,
): Promise<Pick<TrainShardResult, 'loss' | 'tokensPerSecond' | 'figures'>> {
  const before = await gatherMetrics(store, key, endStep);
  const steps = before.filter(({ step }) => step >= key.fromStep);
  const last = steps.slice(-LAST_STEPS);
  const tokens = steps.reduce((sum, step) => sum + step.tokens, 0);
  const seconds = steps.reduce((sum, step) => sum + step.tokens / step.tokensPerSecond, 0);
  return {
    loss: last.reduce((sum, { loss }) => sum + loss, 0) / last.length,
    tokensPerSecond: tokens / seconds,
    figures: figuresAt(before),
  };
}

function figuresAt(steps: Awaited<ReturnType<typeof gatherMetrics>>): TrainingFigures | null {
  const last = steps.at(-1);
  const measured = steps.findLast(({ heldOutLoss }) => heldOutLoss !== null);
  return last ? figuresOf(last, measured?.heldOutLoss ?? null) : null;
}
