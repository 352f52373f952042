import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import type { RoundSettings } from '../../../workflows/contracts/rounds.ts';
import {
  type MergeShardsInput,
  type MergeShardsResult,
  roundSettingsOf,
} from '../../../workflows/contracts/train-activities.ts';
import { shardsOf } from '../../../workflows/decisions/rounds.ts';
import { makeFolder } from '../../artifacts/atomic.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import type { LoraConfig } from '../../model/adapter/lora.ts';
import { elementCount } from '../../model/folder/config.ts';
import { verifiedState, WEIGHTS, writeCheckpointFiles } from '../checkpoint/checkpoint.ts';
import {
  type CheckpointPointer,
  claimShard,
  latestCheckpoint,
  recordCheckpoint,
  type ShardKey,
} from '../checkpoint/checkpoint-pointer.ts';
import { deleteShards, deleteSuperseded } from '../checkpoint/checkpoint-retention.ts';
import { heldOutOf } from '../checkpoint/held-out-of.ts';
import { identityDigest, type TrainingIdentity } from '../checkpoint/identity.ts';
import { identify } from '../checkpoint/stored-identity.ts';
import {
  afterMeasuring,
  isMeasuredAfterRound,
  NOTHING_MEASURED,
  ownProgress,
  reasonToStop,
} from '../early-stopping.ts';
import { lossOver } from '../measure-loss.ts';
import { type Merged, type MergeWatch, mergeDifferences, valuesOf } from './merge-tensors.ts';
import { describeDifference } from './merged-difference.ts';
import { LOST, MOMENTUM, readOuter, writeOuter } from './outer-state.ts';
import { recordHeldOutLoss, summarizeRound } from './round-metrics.ts';
import { readRound, recordRound } from './round-record.ts';
import { mergedState, openUpdates, type ShardUpdate } from './round-shards.ts';
import { startOfRound } from './round-start.ts';
import { openStart } from './shard-update.ts';
import { DIFFERENCE } from './update.ts';

/**
 * Makes one checkpoint of what a round's shards have learnt: the mean of their differences to what the round began
 * with, or an outer step along it, is encoded as theirs are and added. Then measures held-out loss, where that is
 * due. What comes of it is a function of the input and of the updates that it names.
 *
 * An attempt after one that recorded its result gives that one. The shards' updates are deleted then; what the round
 * began with stays for a shard that is late, which may be tried again.
 *
 * @param attemptNumber grows from attempt to attempt; a later one takes the round over from an earlier one
 * @throws AlpacaError what `openUpdates` throws of them; CorruptArtifact; StorageFull; TrainingDiverged where a merged
 *   value is not finite; Superseded
 */
export async function mergeShards(
  input: MergeShardsInput,
  { store }: { store: ArtifactStore },
  attempt: Attempt,
  attemptNumber: number,
): Promise<MergeShardsResult> {
  const { round, before, run, settings, totalSteps, records } = input;
  const { identity, lora, plan } = await identify(input, store);
  const { fromStep, toStep } = round;
  const key: ShardKey = { run, identity: identityDigest(identity), fromStep, toStep };
  await claimShard(store, key, attemptNumber, input.checkpoint?.uri ?? null);
  let merged = await latestCheckpoint(store, key);
  if (merged === null) {
    const { stepsPerEpoch } = plan;
    merged = await merge(input, { key, identity, lora, stepsPerEpoch }, store, attempt);
    await recordCheckpoint(store, key, attemptNumber, merged);
  }
  const { checkpoint, step, best } = merged;
  const stoppedEarly = step < totalSteps ? reasonToStop(await heldOutOf(merged, store), settings) : null;
  const isLast = step === totalSteps || stoppedEarly !== null;
  const isAwaited = settings.lateShards === 'next-round' && !isLast && input.shards.includes(null);
  await deleteSuperseded(
    store,
    key,
    isAwaited ? Math.max(2, settings.keepCheckpoints) : settings.keepCheckpoints,
  );
  const isMerged = new Set(roundStarts(input));
  await deleteShards(store, key, round, (start) => isLast || isMerged.has(start));
  if (before) await deleteShards(store, key, before.round);
  for (const uri of [...records.superseded, ...(isLast ? records.current : [])]) await store.remove({ uri });
  const { traffic } = await readRound(store, key);
  return { checkpoint, step, best, stoppedEarly, traffic, ...(await summarizeRound(store, key)) };
}

interface MergeWork {
  key: ShardKey;
  identity: TrainingIdentity;
  lora: LoraConfig | null;
  stepsPerEpoch: number;
}

async function merge(
  input: MergeShardsInput,
  { key, identity, lora, stepsPerEpoch }: MergeWork,
  store: ArtifactStore,
  attempt: Attempt,
): Promise<CheckpointPointer> {
  const { settings, round, run, model, tokens, plan } = input;
  const several = roundSettingsOf(settings);
  if (several === null) throw new RangeError('one worker has nothing to merge');
  const updates = await openUpdates(input, identity, store);
  const start = input.checkpoint && (await openStart(input.checkpoint, { model, lora, settings }, store));
  // The store reads what this process has made or opened no second time; a damaged start would be in all that follows.
  const state = start === null ? null : await verifiedState(start);
  const base = { folder: await store.open(model), lora, runSeed: settings.runSeed };
  const outerBefore = state?.outer ? await readOuter(await store.open(state.outer)) : null;
  const workspace = await store.workspace('merge');
  const path = join(workspace, `checkpoint-${round.toStep}`);
  const [outerPath, differencePath] = [join(workspace, 'outer'), join(workspace, 'difference')];
  let heldOut = state ? ownProgress(state.heldOut, input.best?.step ?? null) : NOTHING_MEASURED;
  const about = {
    madeBy: 'train',
    madeFrom: { model: model.uri, tokens: tokens.uri, plan: plan.uri },
    settings: { step: round.toStep, run, shards: updates.length },
  };
  const beside: ArtifactReference[] = [];
  const { tensors } = updates[0]?.state ?? { tensors: [] };
  const merged = { tensors, encoding: several.roundUpdate, sha256: '' };
  try {
    await makeFolder(outerPath, undefined, workspace);
    await makeFolder(differencePath, undefined, workspace);
    const written = await writeCheckpointFiles(path, async (folder) => {
      const from = {
        weights: await startOfRound(start, base),
        momentum: outerBefore?.momentum ? await valuesOf([outerBefore.momentum]) : null,
        lost: outerBefore?.lost ?? null,
      };
      const targets = {
        weights: join(folder, WEIGHTS),
        difference: join(differencePath, DIFFERENCE),
        momentum: join(outerPath, MOMENTUM),
        lost: join(outerPath, LOST),
      };
      const files = await mergeUpdates(updates, several, from, targets, attempt);
      merged.sha256 = files.difference;
      const loss = await measure(input, { path: targets.weights, lora }, store, attempt);
      if (loss !== null) {
        await recordHeldOutLoss(store, key, loss);
        heldOut = afterMeasuring(heldOut, { step: round.toStep, loss }, settings.minimumImprovement);
      }
      const outerFiles = await writeOuter(outerPath, files);
      if (outerFiles !== null) beside.push(await store.take('outer', outerPath, about, 'outer', outerFiles));
      const [outer] = beside;
      return {
        ...mergedState(updates, round, stepsPerEpoch, state?.tokens ?? 0, heldOut),
        ...(outer && { outer }),
        files: { [WEIGHTS]: files.weights },
      };
    });
    const described = await describeDifference(differencePath, path, merged);
    const difference = await store.take('difference', differencePath, about, 'difference', described);
    beside.push(difference);
    const madeFrom = {
      ...about.madeFrom,
      difference: difference.uri,
      ...(input.checkpoint && { before: input.checkpoint.uri }),
    };
    const checkpoint = await store.take('checkpoint', path, { ...about, madeFrom }, basename(path), written);
    await recordRound(store, key, { input, updates, difference, checkpoint });
    const best = heldOut.best?.step === round.toStep ? { ...heldOut.best, checkpoint } : null;
    return { step: round.toStep, checkpoint, best: best ?? input.best, beside };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

function mergeUpdates(
  updates: readonly ShardUpdate[],
  { outer, outerLearningRate, outerMomentum, roundUpdate, roundWeights }: RoundSettings,
  from: Parameters<typeof mergeDifferences>[1],
  targets: Parameters<typeof mergeDifferences>[3],
  attempt: Attempt,
): Promise<Merged> {
  const files = updates.map(({ folder, state }) => ({
    path: join(folder, DIFFERENCE),
    weight: roundWeights === 'equal' ? 1 : state.targets,
  }));
  const tensors = updates[0]?.state.tensors ?? [];
  const step = outer === 'average' ? null : { learningRate: outerLearningRate, momentum: outerMomentum };
  const total = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return mergeDifferences(
    { files, tensors, encoding: roundUpdate },
    from,
    step,
    targets,
    watchOf(total, attempt),
  );
}

function watchOf(total: number, { signal, report }: Attempt): MergeWatch {
  let done = 0;
  return {
    signal,
    merged(values) {
      done += values;
      report({ done, total, unit: 'values', note: 'merging the round' });
    },
  };
}

/** The first steps of the round's shards that have handed over an update. */
function roundStarts({ round, shards }: MergeShardsInput): number[] {
  return shardsOf(round).flatMap(({ fromStep }, index) => (shards[index] ? [fromStep] : []));
}

/** The held-out loss of the merged weights, where it is due after this round; null where it is not. */
async function measure(
  { settings, round, totalSteps, heldOutTokens, model }: MergeShardsInput,
  trained: { path: string; lora: LoraConfig | null },
  store: ArtifactStore,
  attempt: Attempt,
): Promise<number | null> {
  if (!heldOutTokens || !isMeasuredAfterRound(round, totalSteps, settings)) return null;
  const [modelPath, tokensPath] = [await store.open(model), await store.open(heldOutTokens)];
  return (await lossOver(tokensPath, { modelPath, trained }, attempt)).loss;
}
