import { type Attempt, unwatched } from '../../../../../activities/attempt.ts';
import { planTraining } from '../../../../../activities/train/plan/plan-training.ts';
import { mergeShards } from '../../../../../activities/train/round/merge-shards.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import type { ArtifactReference } from '../../../../../workflows/contracts/data.ts';
import type { Round } from '../../../../../workflows/contracts/rounds.ts';
import {
  type MergeShardsInput,
  type MergeShardsResult,
  roundSettingsOf,
  type TrainingSettings,
  type TrainShardInput,
  type TrainShardResult,
} from '../../../../../workflows/contracts/train-activities.ts';
import { roundsAfter, shardsOf } from '../../../../../workflows/decisions/rounds.ts';
import { type BegunShard, TrainRounds } from '../../../../../workflows/decisions/train/train-rounds.ts';
import type { Training } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';

/** Two workers, and rounds of two steps each: the 10 steps of two epochs are rounds of 4, 4 and 2 steps. */
export const rounds: TrainingSettings = {
  ...settings,
  workers: 2,
  roundSteps: 2,
};

/** Of whoever merges a first round, and leaves no record. */
const firstOfAll = { workers: [0, 1], late: [], before: null, records: { superseded: [], current: [] } };

export interface TinyRounds {
  heldOutTokens?: ArtifactReference | null;
  /** which of a round's shards is trained first: it makes no difference */
  order?: <Work>(shards: Work[]) => Work[];
  /** that are late, from the first of a round on as they are begun: none */
  isLate?: (round: number, shard: number) => boolean;
  train?: (work: TrainShardInput) => Promise<TrainShardResult>;
  merge?: (work: MergeShardsInput) => Promise<MergeShardsResult>;
}

/** Trains in rounds as the workflow does, and gives what every round was merged to. */
export async function trainRounds(
  training: Training,
  settings: TrainingSettings,
  run: string,
  { heldOutTokens = null, order = (all) => all, isLate = () => false, train, merge }: TinyRounds = {},
): Promise<MergeShardsResult[]> {
  const { model, tokens, addedTokens } = training;
  const planned = await planTraining({ settings, model, tokens, addedTokens }, training);
  const { plan, totalSteps, start } = planned;
  const several = roundSettingsOf(settings);
  if (several === null) throw new RangeError('these settings have one worker');
  const merged: MergeShardsResult[] = [];
  const driver = {
    activities: () => ({
      trainShard: train ?? ((work: TrainShardInput) => trainShard(work, training, unwatched, 1)),
      mergeShards: merge ?? ((work: MergeShardsInput) => mergeShards(work, training, unwatched, 1)),
    }),
    async shards<Result>(works: readonly (() => Promise<Result>)[]): Promise<BegunShard<Result>[]> {
      const begun: BegunShard<Result>[] = [];
      for (const [shard, work] of order([...works.entries()])) {
        const result = await work();
        const late = { result: () => result, leaveOut() {} };
        begun[shard] = isLate(merged.length, shard) ? { late } : { done: result };
      }
      return begun;
    },
  };
  const all = new TrainRounds(several, driver, null);
  for (let step = start?.step ?? 0; step < totalSteps; ) {
    const last = merged.at(-1);
    const checkpoint = last?.checkpoint ?? start?.checkpoint ?? null;
    const common = { settings, run, model, tokens, plan, totalSteps, addedTokens, heldOutTokens };
    const result = await all.next(step, { ...common, checkpoint, best: last?.best ?? null });
    merged.push(result);
    step = result.step;
    if (result.stoppedEarly) break;
  }
  return merged;
}

/** The shards of the first round of a training, as far as what they hand over. */
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
    ends.push(
      (await trainShard({ ...common, ...range, round, record: null }, training, attempt, 1)).checkpoint,
    );
  const shards = ends.map(({ uri }) => uri);
  return { work: { ...common, ...firstOfAll, round, shards }, round, ends };
}
