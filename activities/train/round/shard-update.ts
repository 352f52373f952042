import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import type { TrainShardInput } from '../../../workflows/contracts/train-activities.ts';
import { makeFolder } from '../../artifacts/atomic.ts';
import { digestOf } from '../../artifacts/digest.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { AlpacaError } from '../../errors.ts';
import type { LoraConfig } from '../../model/adapter/lora.ts';
import { readState, STATE, WEIGHTS } from '../checkpoint/checkpoint.ts';
import type { KeepUpdate } from '../process/recorder.ts';
import { applyDifference } from './merge-tensors.ts';
import { readMergedDifference } from './merged-difference.ts';
import { startDigest } from './round-shards.ts';
import { startOfRound } from './round-start.ts';
import { DIFFERENCE, writeUpdate } from './update.ts';

/** Makes what a shard hands over of the checkpoint that it ends with, and what it leaves for its worker's next one. */
export function updateKeeper(
  input: TrainShardInput,
  { start, record, lora }: { start: string | null; record: string | null; lora: LoraConfig | null },
  store: ArtifactStore,
  workspace: string,
): KeepUpdate {
  const { settings, model, toStep } = input;
  return async (ended, about) => {
    const folders = {
      update: join(workspace, `update-${toStep}`),
      record: join(workspace, `record-${toStep}`),
    };
    const base = { folder: await store.open(model), lora, runSeed: settings.runSeed };
    const sources = {
      ...{ ended, record, encoding: settings.roundUpdate, keepsMoments: settings.roundMoments === 'keep' },
      start: { weights: await startOfRound(start, base), digest: startDigest(input) },
      tokensBefore: start === null ? 0 : (await readState(start)).tokens,
    };
    const written = await writeUpdate(sources, folders);
    await rm(ended, { recursive: true });
    const checkpoint = await store.take('update', folders.update, about, 'update', written.update);
    const beside: ArtifactReference[] = [];
    if (written.record !== null)
      beside.push(await store.take('worker-record', folders.record, about, 'record', written.record));
    return { checkpoint, beside };
  };
}

/**
 * The folder of the checkpoint that a round begins with. On a machine that has what the round before began with and not
 * this, the merged difference alone is fetched, and the weights are computed: to the bit, or they are fetched after all.
 */
export async function openStart(
  checkpoint: ArtifactReference,
  { model, lora, settings }: Pick<TrainShardInput, 'model' | 'settings'> & { lora: LoraConfig | null },
  store: ArtifactStore,
): Promise<string> {
  return store.open(checkpoint, async (path) => {
    const { difference, before } = (await store.readManifest(checkpoint)).madeFrom ?? {};
    if (difference === undefined) return false;
    const start = before === undefined ? null : await openIfHere(before, store);
    if (before !== undefined && start === null) return false;
    const { reference } = await store.readManifest({ uri: difference });
    const folder = await store.open(reference);
    const base = { folder: await store.open(model), lora, runSeed: settings.runSeed };
    const { tensors, encoding } = await readMergedDifference(folder);
    await makeFolder(path);
    const weights = await startOfRound(start, base);
    const from = { path: join(folder, DIFFERENCE), encoding };
    await applyDifference(from, tensors, weights, join(path, WEIGHTS));
    await writeFile(join(path, STATE), await readFile(join(folder, STATE)));
    if ((await digestOf(path)).sha256 === checkpoint.sha256) return true;
    await rm(path, { recursive: true });
    return false;
  });
}

/** Null where it would have to be fetched. */
async function openIfHere(uri: string, store: ArtifactStore): Promise<string | null> {
  try {
    const { reference } = await store.readManifest({ uri });
    return await store.open(reference, () => {
      throw new AlpacaError('NotFound', `${uri} is not on this machine.`);
    });
  } catch (error) {
    if (error instanceof AlpacaError && error.code === 'NotFound') return null;
    throw error;
  }
}
