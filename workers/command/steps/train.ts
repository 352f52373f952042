import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import type { Attempt } from '../../../activities/attempt.ts';
import { tokenizeRows } from '../../../activities/tokenize/tokenize-rows.ts';
import { exportModel } from '../../../activities/train/export-model.ts';
import { measureLoss } from '../../../activities/train/measure-loss.ts';
import { askDeviceMemory } from '../../../activities/train/memory-plan/ask-device-memory.ts';
import { checkAgreement } from '../../../activities/train/plan/agreeing-settings.ts';
import { planTraining } from '../../../activities/train/plan/plan-training.ts';
import { mergeShards } from '../../../activities/train/round/merge-shards.ts';
import { trainShard } from '../../../activities/train/shard.ts';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import { runSettings } from '../../../workflows/contracts/run.ts';
import { type TokenizeResult, tokenizeInput } from '../../../workflows/contracts/tokenize.ts';
import { trainSettings } from '../../../workflows/contracts/train.ts';
import type {
  TrainingPlan,
  TrainingSettings,
  TrainShardInput,
} from '../../../workflows/contracts/train-activities.ts';
import { roundSettingsOf, trainingSettingsOf } from '../../../workflows/contracts/train-activities.ts';
import { roundsAfter, shardsOf } from '../../../workflows/decisions/rounds.ts';
import { afterShard, shardsAfter, startOf } from '../../../workflows/decisions/shards.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';
import { copyOut, openStep, terminalAttempt } from './step.ts';
import { TOKENIZE_OPTIONS } from './tokenize.ts';

const settingsSchema = trainSettings.extend({ runSeed: runSettings.shape.runSeed });
export const TRAIN_OPTIONS = Object.keys(trainSettings.shape);

/**
 * `alpaca train`: tokenizes, trains in the same shards and rounds as the workflow, and writes the model folder.
 * Started again with the same data and settings it goes on from its last checkpoint.
 */
export async function train(
  options: Record<string, unknown> & { data: string; out: string },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const tokenizing = parseInput(
    tokenizeInput,
    { ...schemaValues(options, tokenizeInput, TOKENIZE_OPTIONS), data: options.data },
    'options',
  );
  const settings = parseInput(
    settingsSchema,
    schemaValues(options, settingsSchema, [...TRAIN_OPTIONS, 'runSeed']),
    'options',
  );
  checkAgreement(settings);
  const { input: named, store } = await openStep(tokenizing, ['data', 'model', 'template']);
  const attempt = terminalAttempt(signal);
  const tokenized = await tokenizeRows(named, { store }, attempt);
  const { model, tokens, addedTokens, heldOutTokens } = tokenized;
  const askMemory = () => askDeviceMemory(attempt);
  const planned = await planTraining({ settings, model, tokens, addedTokens }, { store, askMemory });

  const hasHeldOut = heldOutTokens.rows > 0;
  const lossOf = async (checkpoint: ArtifactReference | null) =>
    hasHeldOut
      ? (await measureLoss({ model, checkpoint, tokens: heldOutTokens }, { store }, attempt)).loss
      : null;
  const before = await lossOf(null);
  const { checkpoint, run, steps, best, stoppedEarly, peakMemoryBytes } = await trainShards(
    settings,
    tokenized,
    planned,
    store,
    attempt,
  );
  const after = await lossOf(checkpoint);
  const exported = await exportModel({ run, model, checkpoint, steps }, { store });

  const folder = resolve(options.out);
  await mkdir(folder, { recursive: true });
  const modelPath = await copyOut(store, exported.model, join(folder, 'model'));
  const metricsPath = await copyOut(store, exported.metrics, join(folder, 'metrics.jsonl'));
  const tensorBoardPath = await copyOut(
    store,
    exported.tensorBoard,
    join(folder, basename(exported.tensorBoard.uri)),
  );
  const adapterPath = exported.adapter && (await copyOut(store, exported.adapter, join(folder, 'adapter')));
  terminal.result(
    {
      modelPath,
      modelDigest: exported.model.sha256,
      adapterPath,
      metricsPath,
      tensorBoardPath,
      checkpoint: checkpoint.uri,
      steps,
      best,
      stoppedEarly,
      peakMemoryBytes,
      loss: { before, after },
    },
    `${steps} steps; the model is in ${modelPath}, the metrics in ${metricsPath}\n` +
      (stoppedEarly === null ? '' : `stopped early: ${stoppedEarly}\n`) +
      (best === null ? '' : `lowest held-out loss ${best.loss.toFixed(3)} after step ${best.step}\n`) +
      (peakMemoryBytes === null
        ? ''
        : `the training process took ${Math.round(peakMemoryBytes / 2 ** 20)} MiB at the most\n`) +
      (adapterPath === null ? '' : `the adapter alone, as PEFT opens it, is in ${adapterPath}\n`) +
      (before === null || after === null
        ? 'no rows were held out, so there is no held-out loss'
        : `held-out loss ${before.toFixed(3)} before, ${after.toFixed(3)} after, nats per target token`),
  );
}

async function trainShards(
  settings: TrainingSettings,
  { model, tokens, heldOutTokens, addedTokens }: TokenizeResult,
  planned: TrainingPlan,
  store: ArtifactStore,
  attempt: Attempt,
) {
  const identity = JSON.stringify([trainingSettingsOf(settings), model.sha256, tokens.sha256]);
  const run = `file-${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`;
  const { plan, totalSteps } = planned;
  const several = roundSettingsOf(settings);
  let standing = startOf(planned);
  let peakMemoryBytes: number | null = null;
  const common = { settings, run, model, tokens, heldOutTokens, addedTokens, plan, totalSteps };
  const shard = async (work: Pick<TrainShardInput, 'fromStep' | 'toStep' | 'round' | 'best'>) => {
    const { checkpoint } = standing;
    const trained = await trainShard({ ...common, ...work, checkpoint }, { store }, attempt, attemptNumber());
    peakMemoryBytes = Math.max(peakMemoryBytes ?? 0, trained.figures?.peakMemoryBytes ?? 0);
    return trained;
  };
  if (several === null) {
    for (const { fromStep, toStep } of shardsAfter(standing.step, planned)) {
      standing = afterShard(await shard({ fromStep, toStep, round: null, best: standing.best }));
      if (standing.stoppedEarly !== null) break;
    }
  } else {
    // One machine has one worker: the shards of a round take turns, and come to the same.
    for (const round of roundsAfter(standing.step, totalSteps, several)) {
      const { checkpoint, best } = standing;
      const shards: string[] = [];
      for (const range of shardsOf(round))
        shards.push((await shard({ ...range, round, best })).checkpoint.uri);
      const work = { ...common, round, checkpoint, best, shards };
      standing = afterShard(await mergeShards(work, { store }, attempt, attemptNumber()));
      if (standing.stoppedEarly !== null) break;
    }
  }
  const { best, step: steps, stoppedEarly } = standing;
  const checkpoint = settings.exportBest && best !== null ? best.checkpoint : standing.checkpoint;
  if (checkpoint === null) throw new RangeError('a batch plan has at least one shard');
  return { checkpoint, run, steps, best, stoppedEarly, peakMemoryBytes };
}

/** Grows from one start of the command to the next: a later attempt takes a shard over from an earlier. */
function attemptNumber(): number {
  return Math.floor((Date.now() - Date.UTC(2025, 0, 1)) / 1000);
}
