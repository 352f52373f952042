import type { TrainingPlan, TrainShardResult } from '../contracts/train-activities.ts';
import type { TrainedSoFar } from './train/carried-training.ts';

/** A range of a training's steps: one activity. */
interface Shard {
  /** what the Temporal UI shows beside the activity */
  summary: string;
  fromStep: number;
  toStep: number;
}

/** At the base model, or where the training of another run was left. */
export function startOf({ start }: TrainingPlan): TrainedSoFar {
  return {
    checkpoint: start?.checkpoint ?? null,
    step: start?.step ?? 0,
    best: null,
    stoppedEarly: null,
    peakMemoryBytes: null,
  };
}

/** The shards that have steps after `step`. */
export function* shardsAfter(step: number, { boundaries, totalSteps }: TrainingPlan): Generator<Shard> {
  const shards = boundaries.length - 1;
  for (const [shard, fromStep] of boundaries.slice(0, -1).entries()) {
    const toStep = boundaries[shard + 1] ?? totalSteps;
    if (toStep <= step) continue;
    const summary = `shard ${shard + 1} of ${shards}: steps ${fromStep} to ${toStep - 1}`;
    yield { summary, fromStep, toStep };
  }
}

export function afterShard({
  checkpoint,
  step,
  best,
  stoppedEarly,
  figures,
}: Omit<TrainShardResult, 'record'>): TrainedSoFar {
  return { checkpoint, step, best, stoppedEarly, peakMemoryBytes: figures?.peakMemoryBytes ?? null };
}
