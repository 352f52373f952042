import { z } from 'zod';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import { type RoundTraffic, roundTraffic } from '../../../workflows/contracts/rounds.ts';
import type { MergeShardsInput } from '../../../workflows/contracts/train-activities.ts';
import { readRows } from '../../artifacts/rows.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { type ShardKey, type TrainingKey, trainingFolder } from '../checkpoint/checkpoint-pointer.ts';
import type { ShardUpdate } from './round-shards.ts';

/** What a round was merged from: with the settings it says all that its weights are a function of. */
const mergedRound = z.strictObject({
  fromStep: z.int(),
  toStep: z.int(),
  /** digest of what it began with, and of what it was merged to */
  start: z.string(),
  checkpoint: z.string(),
  /** who had its shards, in the order of their steps */
  workers: z.array(z.int()),
  /** the shards that were merged, by their first step in the plan; `late`: of the round before */
  shards: z.array(
    z.strictObject({
      fromStep: z.int(),
      toStep: z.int(),
      targets: z.int(),
      late: z.boolean(),
    }),
  ),
  traffic: roundTraffic,
});
export type MergedRound = z.infer<typeof mergedRound>;

export async function recordRound(
  store: ArtifactStore,
  key: ShardKey,
  merged: {
    input: MergeShardsInput;
    updates: readonly ShardUpdate[];
    difference: ArtifactReference;
    checkpoint: ArtifactReference;
  },
): Promise<void> {
  const { input, updates, difference, checkpoint } = merged;
  const { fromStep, toStep, shards } = input.round;
  const traffic: RoundTraffic = {
    up: updates.reduce((sum, { bytes }) => sum + bytes, 0),
    down: shards * difference.bytes,
    own: updates.reduce((sum, { state }) => sum + state.own, 0),
  };
  const record: MergedRound = {
    ...{ fromStep, toStep, start: (input.checkpoint ?? input.model).sha256, checkpoint: checkpoint.sha256 },
    workers: input.workers,
    shards: updates.map(({ state: { shard, step, targets }, isLate }) => {
      return { fromStep: shard.fromStep, toStep: step, targets, late: isLate };
    }),
    traffic,
  };
  await store.writeEntry(entryOf(key), JSON.stringify(record));
}

/** What is recorded of a round that is merged. */
export async function readRound(store: ArtifactStore, key: ShardKey): Promise<MergedRound> {
  return mergedRound.parse(JSON.parse(String(await store.readEntry(entryOf(key)))));
}

/** The rounds of a training that is over, as its result has them. */
export function readRounds(path: string): Promise<MergedRound[]> {
  return readRows(path, mergedRound);
}

/** The rounds of a training, in order, up to a step. */
export async function gatherRounds(
  store: ArtifactStore,
  key: TrainingKey,
  endStep: number,
): Promise<MergedRound[]> {
  const rounds: MergedRound[] = [];
  for (const name of await store.listEntries(folderOf(key))) {
    const content = await store.readEntry(`${folderOf(key)}/${name}`);
    const round = mergedRound.parse(JSON.parse(String(content)));
    if (round.toStep <= endStep) rounds.push(round);
  }
  return rounds.sort((a, b) => a.fromStep - b.fromStep);
}

function folderOf(key: TrainingKey): string {
  return `${trainingFolder(key)}/rounds`;
}

function entryOf({ fromStep, toStep, ...key }: ShardKey): string {
  return `${folderOf(key)}/${String(fromStep).padStart(9, '0')}-${toStep}.json`;
}
