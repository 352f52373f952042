import { type Attempt, unwatched } from '../../../../../activities/attempt.ts';
import { planTraining } from '../../../../../activities/train/plan/plan-training.ts';
import { mergeShards } from '../../../../../activities/train/round/merge-shards.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import type { ArtifactReference } from '../../../../../workflows/contracts/data.ts';
import type { Round } from '../../../../../workflows/contracts/rounds.ts';
import type {
  TrainingSettings,
  TrainShardInput,
  TrainShardResult,
} from '../../../../../workflows/contracts/train-activities.ts';
import {
  type MergeShardsInput,
  roundSettingsOf,
} from '../../../../../workflows/contracts/train-activities.ts';
import { roundsAfter, shardsOf } from '../../../../../workflows/decisions/rounds.ts';
import type { Training } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';

/** Two workers, and rounds of two steps each: the 10 steps of two epochs are rounds of 4, 4 and 2 steps. */
export const rounds: TrainingSettings = {
  ...settings,
  workers: 2,
  roundSteps: 2,
};

export interface TinyRounds {
  heldOutTokens?: ArtifactReference | null;
  /** which of a round's shards is trained first: it makes no difference */
  order?: (shards: TrainShardInput[]) => TrainShardInput[];
  train?: (work: TrainShardInput) => Promise<TrainShardResult>;
  merge?: (work: MergeShardsInput) => Promise<TrainShardResult>;
}

/** Trains in rounds as the workflow does, and gives what every round was merged to. */
export async function trainRounds(
  training: Training,
  settings: TrainingSettings,
  run: string,
  { heldOutTokens = null, order = (shards) => shards, train, merge }: TinyRounds = {},
): Promise<TrainShardResult[]> {
  const { model, tokens, addedTokens } = training;
  const planned = await planTraining({ settings, model, tokens, addedTokens }, training);
  const { plan, totalSteps, start } = planned;
  const several = roundSettingsOf(settings);
  if (several === null) throw new RangeError('these settings have one worker');
  const common = { settings, run, model, tokens, plan, totalSteps, addedTokens, heldOutTokens };
  const merged: TrainShardResult[] = [];
  for (const round of roundsAfter(start?.step ?? 0, totalSteps, several)) {
    const last = merged.at(-1);
    const checkpoint = last?.checkpoint ?? start?.checkpoint ?? null;
    const best = last?.best ?? null;
    const works = shardsOf(round).map((range) => ({ ...common, ...range, round, checkpoint, best }));
    const ends = new Map<number, string>();
    for (const work of order(works)) {
      const result = await (train?.(work) ?? trainShard(work, training, unwatched, 1));
      ends.set(work.fromStep, result.checkpoint.uri);
    }
    const shards = works.map(({ fromStep }) => ends.get(fromStep) ?? '');
    const work = { ...common, round, checkpoint, shards, best };
    merged.push(await (merge?.(work) ?? mergeShards(work, training, unwatched, 1)));
    if (merged.at(-1)?.stoppedEarly) break;
  }
  return merged;
}

/** One shard of the first round of a training, as far as its checkpoint. */
export async function firstRound(
  training: Training,
  settings: TrainingSettings,
  run: string,
  attempt: Attempt = unwatched,
): Promise<{ work: MergeShardsInput; round: Round; ends: ArtifactReference[] }> {
  const { model, tokens, addedTokens } = training;
  const { plan, totalSteps } = await planTraining({ settings, model, tokens, addedTokens }, training);
  const several = roundSettingsOf(settings);
  const [round] = several ? roundsAfter(0, totalSteps, several) : [];
  if (!round) throw new RangeError('these settings have no rounds');
  const before = { checkpoint: null, heldOutTokens: null, best: null };
  const common = { settings, run, model, tokens, plan, totalSteps, addedTokens, ...before };
  const ends: ArtifactReference[] = [];
  for (const range of shardsOf(round))
    ends.push((await trainShard({ ...common, ...range, round }, training, attempt, 1)).checkpoint);
  return { work: { ...common, round, shards: ends.map(({ uri }) => uri) }, round, ends };
}
