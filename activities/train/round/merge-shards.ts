import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type MergeShardsInput,
  type MergeShardsResult,
  roundSettingsOf,
} from '../../../workflows/contracts/train-activities.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import type { LoraConfig } from '../../model/adapter/lora.ts';
import { OUTER, readState, verifiedState, WEIGHTS, writeCheckpointFiles } from '../checkpoint/checkpoint.ts';
import {
  type CheckpointPointer,
  claimShard,
  latestCheckpoint,
  recordCheckpoint,
  type ShardKey,
} from '../checkpoint/checkpoint-pointer.ts';
import { deleteMerged, deleteSuperseded } from '../checkpoint/checkpoint-retention.ts';
import { identityDigest, type TrainingIdentity } from '../checkpoint/identity.ts';
import { identify } from '../checkpoint/stored-identity.ts';
import {
  afterMeasuring,
  type HeldOutProgress,
  isMeasuredAfterRound,
  NOTHING_MEASURED,
  ownProgress,
  reasonToStop,
} from '../early-stopping.ts';
import { lossOver } from '../measure-loss.ts';
import { mergeFiles } from './merge-files.ts';
import { recordHeldOutLoss, summarizeRound } from './round-metrics.ts';
import { mergedState, openShards } from './round-shards.ts';

/**
 * Makes one checkpoint of those that a round's shards ended with: their weights are averaged, or gone towards
 * with an outer momentum, and both of Adam's moments are averaged, all weighted by the steps that each shard
 * made. So one checkpoint is the whole state, and no worker has any of its own to lose. Then measures held-out
 * loss, where that is due. What comes of it is a function of the input and of the checkpoints that it names.
 *
 * An attempt after one that recorded its result gives that one. The shards' checkpoints are deleted then.
 *
 * @param attemptNumber grows from attempt to attempt; a later one takes the round over from an earlier one
 * @throws AlpacaError InvalidInput where the shards are not those of the round; CorruptArtifact; StorageFull;
 *   TrainingDiverged where a merged value is not finite; Superseded
 */
export async function mergeShards(
  input: MergeShardsInput,
  { store }: { store: ArtifactStore },
  attempt: Attempt,
  attemptNumber: number,
): Promise<MergeShardsResult> {
  const { round, run, settings, totalSteps } = input;
  const { identity, lora } = await identify(input, store);
  const { fromStep, toStep } = round;
  const key: ShardKey = { run, identity: identityDigest(identity), fromStep, toStep };
  await claimShard(store, key, attemptNumber, input.checkpoint?.uri ?? null);
  let merged = await latestCheckpoint(store, key);
  if (merged === null) {
    merged = await merge(input, { key, identity, lora }, store, attempt);
    await recordCheckpoint(store, key, attemptNumber, merged);
  }
  await deleteSuperseded(store, key, settings.keepCheckpoints);
  await deleteMerged(store, key);
  const { checkpoint, step, best } = merged;
  const heldOut = await heldOutOf(merged, store);
  const stoppedEarly = step < totalSteps ? reasonToStop(heldOut, settings) : null;
  return { checkpoint, step, best, stoppedEarly, ...(await summarizeRound(store, key)) };
}

interface MergeWork {
  key: ShardKey;
  identity: TrainingIdentity;
  lora: LoraConfig | null;
}

async function merge(
  input: MergeShardsInput,
  { key, identity, lora }: MergeWork,
  store: ArtifactStore,
  attempt: Attempt,
): Promise<CheckpointPointer> {
  const { settings, round, run, model, tokens, plan } = input;
  const outer = roundSettingsOf(settings);
  if (outer === null) throw new RangeError('one worker has nothing to merge');
  const shards = await openShards(input, identity, store);
  const before = input.checkpoint && (await openBefore(await store.open(input.checkpoint)));
  const base = { folder: await store.open(model), lora, runSeed: settings.runSeed };
  const workspace = await store.workspace('merge');
  const path = join(workspace, `checkpoint-${round.toStep}`);
  let heldOut = before ? ownProgress(before.state.heldOut, input.best?.step ?? null) : NOTHING_MEASURED;
  try {
    const written = await writeCheckpointFiles(path, async (folder) => {
      const files = await mergeFiles({ shards, before, base }, outer, folder, attempt);
      const loss = await measure(input, { path: join(folder, WEIGHTS), lora }, store, attempt);
      if (loss !== null) {
        await recordHeldOutLoss(store, key, loss);
        heldOut = afterMeasuring(heldOut, { step: round.toStep, loss }, settings.minimumImprovement);
      }
      return { ...mergedState(shards, before?.state ?? null, heldOut), files };
    });
    const about = {
      madeBy: 'train',
      madeFrom: { model: model.uri, tokens: tokens.uri, plan: plan.uri },
      settings: { step: round.toStep, run, shards: round.shards },
    };
    const checkpoint = await store.take('checkpoint', path, about, basename(path), written);
    const best = heldOut.best?.step === round.toStep ? { ...heldOut.best, checkpoint } : null;
    return { step: round.toStep, checkpoint, best: best ?? input.best };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function openBefore(folder: string) {
  const state = await verifiedState(folder);
  return { folder, state, hasMomentum: OUTER in state.files };
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

/** A checkpoint that later rounds have left behind did not end the training. */
async function heldOutOf({ checkpoint }: CheckpointPointer, store: ArtifactStore): Promise<HeldOutProgress> {
  const isStored = await store.readManifest(checkpoint).then(
    () => true,
    () => false,
  );
  return isStored ? (await readState(await store.open(checkpoint))).heldOut : NOTHING_MEASURED;
}
