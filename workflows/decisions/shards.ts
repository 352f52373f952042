import type { ArtifactReference } from '../contracts/data.ts';
import type { BestCheckpoint } from '../contracts/train.ts';
import type { TrainingPlan, TrainShardResult } from '../contracts/train-activities.ts';

/** A range of a training's steps: one activity. */
interface Shard {
  /** what the Temporal UI shows beside the activity */
  summary: string;
  fromStep: number;
  toStep: number;
}

/** How far a training is between two shards. */
interface Standing {
  /** to go on from; null at the beginning */
  checkpoint: ArtifactReference | null;
  /** updates made */
  step: number;
  best: BestCheckpoint | null;
  /** why no shard follows, where steps are left */
  stoppedEarly: string | null;
  /** of the last shard's training process */
  peakMemoryBytes: number | null;
}

/** At the base model, or where the training of another run was left. */
export function startOf({ start }: TrainingPlan): Standing {
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

export function afterShard({ checkpoint, step, best, stoppedEarly, figures }: TrainShardResult): Standing {
  return { checkpoint, step, best, stoppedEarly, peakMemoryBytes: figures?.peakMemoryBytes ?? null };
}
