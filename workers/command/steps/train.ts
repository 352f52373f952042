import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { makeFolder } from '../../../activities/artifacts/atomic.ts';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { isBucketUrl } from '../../../activities/artifacts/stores/s3-bucket.ts';
import type { Attempt } from '../../../activities/attempt.ts';
import { nameBase } from '../../../activities/release/trained-model.ts';
import { tokenizeRows } from '../../../activities/tokenize/tokenize-rows.ts';
import { exportModel } from '../../../activities/train/export-model.ts';
import { measureLoss } from '../../../activities/train/measure-loss.ts';
import { askDevice } from '../../../activities/train/memory-plan/ask-device.ts';
import { checkAgreement } from '../../../activities/train/plan/agreeing-settings.ts';
import { planTraining } from '../../../activities/train/plan/plan-training.ts';
import { KeptProcess } from '../../../activities/train/process/process.ts';
import { mergeShards } from '../../../activities/train/round/merge-shards.ts';
import { trainShard } from '../../../activities/train/shard.ts';
import { needsFleet } from '../../../activities/train/torchrun/rendezvous.ts';
import { tokenizeInput } from '../../../workflows/contracts/tokenize.ts';
import { trainInput } from '../../../workflows/contracts/train.ts';
import { type TrainShardInput, trainingSettingsOf } from '../../../workflows/contracts/train-activities.ts';
import { tokenizeNotes } from '../../../workflows/decisions/screen/tokenize-notes.ts';
import { type CourseActivities, runTraining } from '../../../workflows/decisions/training-course.ts';
import { trainingPrograms } from '../../configuration.ts';
import { fromHere } from '../../runs/from-here.ts';
import { TOKENIZE_OPTIONS, TRAIN_OPTIONS } from '../definitions/step-options.ts';
import { fetchedModel, toldOfBase } from '../model/named-model.ts';
import { requireReplaceable } from '../outputs.ts';
import { stateFolder } from '../place.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { copyOut, openStep, terminalAttempt } from './step.ts';
import { TOKENIZE_SOURCES } from './tokenize.ts';

const METRICS_FILE = 'metrics.jsonl';

/**
 * `alpaca train`: tokenizes, trains in the course that the workflow goes through, and writes the model folder.
 * Started again with the same data and settings it goes on from its last checkpoint, which is of the step that
 * it was at when the signal came.
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
  const settings = trainingSettingsOf(
    parseInput(trainInput, schemaValues(options, trainInput, [...TRAIN_OPTIONS, 'runSeed']), 'options'),
  );
  checkAgreement(settings);
  if (settings.nodes > 1) throw needsFleet();
  await requireReplaceable('--out', options.out, METRICS_FILE);
  const { input: named, store } = await openStep(tokenizing, TOKENIZE_SOURCES);
  const base = await fetchedModel(tokenizing.model);
  const attempt = terminalAttempt(signal);
  const tokenized = await tokenizeRows(named, { store }, attempt);
  const notes = tokenizeNotes(tokenized, tokenizing.rewrittenTurns);
  if (notes !== '') terminal.say(`tokenized${notes}`);
  const identity = JSON.stringify([settings, tokenized.model.sha256, tokenized.tokens.sha256]);
  const run = `file-${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`;
  const kept = new KeptProcess();
  const activities = activitiesHere({ store, kept }, attempt, terminal);
  const { model, adapter, metrics, tensorBoard, checkpoint, ...trained } = await oneAtATime(
    isBucketUrl(store.root) ? stateFolder() : store.root,
    run,
    () =>
      runTraining(
        { settings, run, ...tokenized },
        { activities: () => activities, shards: inTurn, warned: (text) => terminal.say(text) },
      ),
  ).finally(() => kept.end());

  const folder = resolve(options.out);
  await makeFolder(folder);
  // First of all, since it marks the folder as one that may be replaced.
  const metricsPath = await copyOut(store, metrics, join(folder, METRICS_FILE));
  const modelPath = await copyOut(store, model, join(folder, 'model'));
  const tensorBoardPath = await copyOut(store, tensorBoard, join(folder, basename(tensorBoard.uri)));
  const adapterPath = adapter && (await copyOut(store, adapter, join(folder, 'adapter')));
  if (adapterPath !== null && base !== null) await nameBase(adapterPath, base.name);
  const { steps, learningRate, warning, best, stoppedEarly, peakMemoryBytes, loss } = trained;
  terminal.result(
    {
      modelPath,
      modelDigest: model.sha256,
      adapterPath,
      metricsPath,
      tensorBoardPath,
      checkpoint: checkpoint.uri,
      ...{ steps, learningRate, warning },
      best,
      stoppedEarly,
      peakMemoryBytes,
      loss,
    },
    `${steps} steps; the model is in ${fromHere(modelPath)}, the metrics in ${fromHere(metricsPath)}\n` +
      (stoppedEarly === null ? '' : `stopped early: ${stoppedEarly}\n`) +
      (best === null ? '' : `lowest held-out loss ${best.loss.toFixed(3)} after step ${best.step}\n`) +
      (peakMemoryBytes === null
        ? ''
        : `the training process took ${Math.round(peakMemoryBytes / 2 ** 20)} MiB at the most\n`) +
      (adapterPath === null
        ? ''
        : `the adapter alone, as PEFT opens it, is in ${fromHere(adapterPath)}${toldOfBase(base)}\n`) +
      (loss.before === null || loss.after === null
        ? 'no rows were held out, so there is no held-out loss'
        : `held-out loss ${loss.before.toFixed(3)} before, ${loss.after.toFixed(3)} after, nats per target token`),
  );
}

/** What the workflow has done by workers, done here. Without held-out rows there is no loss of them. */
function activitiesHere(
  here: { store: ArtifactStore; kept: KeptProcess },
  attempt: Attempt,
  terminal: Terminal,
) {
  const deps = { ...here, askMemory: () => askDevice(attempt), programs: trainingPrograms() };
  return {
    planTraining: (input) => planTraining(input, deps),
    trainShard: async (input) => {
      const say = () => terminal.say('the training finishes its step and saves it');
      attempt.signal.addEventListener('abort', say);
      try {
        return await trainShard(input, deps, ofWholeTraining(attempt, input), attemptNumber());
      } finally {
        attempt.signal.removeEventListener('abort', say);
      }
    },
    mergeShards: (input) => mergeShards(input, deps, attempt, attemptNumber()),
    measureLoss: async (input) =>
      input.tokens.rows === 0 ? { loss: null } : measureLoss(input, deps, attempt),
    exportModel: (input) => exportModel(input, deps),
  } satisfies CourseActivities<number | null>;
}

/** A shard counts its own steps; a person waits for all of them. */
export function ofWholeTraining(
  attempt: Attempt,
  {
    fromStep,
    totalSteps: total,
    settings: { epochs },
  }: Pick<TrainShardInput, 'fromStep' | 'totalSteps' | 'settings'>,
): Attempt {
  return {
    ...attempt,
    report(progress) {
      const done = fromStep + progress.done;
      const epoch = Math.min(epochs, Math.floor((done * epochs) / total) + 1);
      const notes = [`epoch ${epoch} of ${epochs}`, progress.note].filter(Boolean);
      attempt.report({ ...progress, done, total, note: notes.join(', ') });
    },
  };
}

/** One machine has one worker: the shards of a round take turns, none is late, and they come to the same. */
async function inTurn<Result>(works: readonly (() => Promise<Result>)[]): Promise<{ done: Result }[]> {
  const begun: { done: Result }[] = [];
  for (const work of works) begun.push({ done: await work() });
  return begun;
}

/** Grows from one start of the command to the next: a later attempt takes a shard over from an earlier. */
function attemptNumber(): number {
  return Math.floor((Date.now() - Date.UTC(2025, 0, 1)) / 1000);
}
