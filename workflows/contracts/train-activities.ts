import type { ArtifactReference } from './data.ts';
import type { Round, RoundSettings, RoundTraffic } from './rounds.ts';
import type { NodeOfShard } from './train/nodes.ts';
import type { BestCheckpoint, TrainInput, TrainingFigures } from './train.ts';

/** The activities of the step `train`, as types alone: a workflow never loads an implementation. */

/** As they are asked for: where no learning rate is, it goes by what is trained. */
export type AskedTrainingSettings = Omit<TrainInput, 'data' | 'model' | 'tokenized' | 'language'>;

export type TrainingSettings = AskedTrainingSettings & { learningRate: number };

export interface TrainingPlan {
  /** the batch plan of the whole run: order of rows and micro-batches, a function of seed and data */
  plan: ArtifactReference;
  totalSteps: number;
  /** shard s of the run is the steps [boundaries[s], boundaries[s+1]) */
  boundaries: number[];
  /** how many values are trained */
  parameters: number;
  learningRate: number;
  /** what of the settings is out of the ordinary; null where nothing is */
  warning: string | null;
  /** the checkpoint of another run that this one goes on from; null where it begins at the base model */
  start: { checkpoint: ArtifactReference; step: number } | null;
}

export interface TrainShardInput {
  settings: TrainingSettings;
  /** names the run in the store's checkpoint pointers */
  run: string;
  model: ArtifactReference;
  tokens: ArtifactReference;
  plan: ArtifactReference;
  totalSteps: number;
  fromStep: number;
  toStep: number;
  /** the checkpoint to go on from; null at step 0 */
  checkpoint: ArtifactReference | null;
  /** that the shard is one of; null where one worker trains */
  round: Round | null;
  /** of a round's shard: what the shard before it left for it; null where that is nothing */
  record: ArtifactReference | null;
  /** which of several GPU workers that train it together; absent where one does */
  node?: NodeOfShard;
  /** null where held-out loss is not measured on the way */
  heldOutTokens: ArtifactReference | null;
  /** the best checkpoint of the shards before this one */
  best: BestCheckpoint | null;
  /** tokens that the base model's vocabulary lacked: LoRA trains their rows too */
  addedTokens: string[];
}

export interface TrainShardResult {
  /** of a round's shard: its update, a difference to what the round began with */
  checkpoint: ArtifactReference;
  step: number;
  /** mean training loss of the shard's last steps, nats per target token */
  loss: number;
  tokensPerSecond: number;
  /** of the training so far; null where none was measured */
  best: BestCheckpoint | null;
  /** why training ended before the shard's last step; null where it did not */
  stoppedEarly: string | null;
  /** of the last step; null where the shard had been trained before */
  figures: TrainingFigures | null;
  /** of a round's shard: what it leaves for the next one of its worker */
  record?: ArtifactReference | null;
}

export interface TrainActivities {
  planTraining(input: {
    settings: AskedTrainingSettings;
    model: ArtifactReference;
    tokens: ArtifactReference;
    addedTokens: string[];
  }): Promise<TrainingPlan>;
  trainShard(input: TrainShardInput): Promise<TrainShardResult>;
  /** Makes one checkpoint of what the shards of a round have learnt. */
  mergeShards(input: MergeShardsInput): Promise<MergeShardsResult>;
  measureLoss(input: {
    model: ArtifactReference;
    checkpoint: ArtifactReference | null;
    tokens: ArtifactReference;
  }): Promise<{ loss: number; targets: number }>;
  exportModel(input: {
    run: string;
    model: ArtifactReference;
    checkpoint: ArtifactReference;
    /** trained in all: the checkpoint may be of an earlier one */
    steps: number;
    /** what the model leaves in; absent where that is what its base is in */
    dtype?: 'float32';
  }): Promise<{
    model: ArtifactReference;
    adapter: ArtifactReference | null;
    metrics: ArtifactReference;
    tensorBoard: ArtifactReference;
    /** with several workers: what each round was merged from */
    rounds: ArtifactReference | null;
  }>;
}

/** What only a workflow has to ask of GPU workers, for other engines than the package's own. */
export interface EngineActivities {
  /** Looks whether a worker has what the engine runs. */
  checkEngine(settings: EngineSettings): Promise<void>;
  /** Trains a shard as another of its nodes than the first, whose `trainShard` keeps its records. */
  joinShard(input: TrainShardInput): Promise<void>;
}

export type EngineSettings = Pick<TrainInput, 'engine' | 'processes' | 'command'>;

/** Null where one worker trains. */
export function roundSettingsOf(settings: AskedTrainingSettings): RoundSettings | null {
  if (settings.workers === 1) return null;
  const { workers, roundSteps, outer, outerLearningRate } = settings;
  const outerMomentum = settings.outerMomentum ?? 1 - 1 / Math.sqrt(workers);
  const { roundUpdate, roundMoments, roundWeights, quorum, graceSeconds, lateShards } = settings;
  return {
    ...{ workers, roundSteps, outer, outerLearningRate, outerMomentum },
    ...{ roundUpdate, roundMoments, roundWeights, quorum, graceSeconds, lateShards },
  };
}

/** What a training takes of the step's input. */
export function trainingSettingsOf(
  input: AskedTrainingSettings & Partial<Pick<TrainInput, 'data' | 'model' | 'tokenized' | 'language'>>,
): AskedTrainingSettings {
  const { data: _data, model: _model, tokenized: _tokenized, language: _language, ...settings } = input;
  return settings;
}

/** What all shards of a round are given; `checkpoint` and `best` are from before it. */
export type RoundWork = Omit<TrainShardInput, 'fromStep' | 'toStep' | 'round' | 'record'>;

export interface MergeShardsInput extends RoundWork {
  round: Round;
  /** who had its shards, in the order of their steps */
  workers: number[];
  /** uris of the updates that the round's shards ended with, in the order of their steps; null where one is late */
  shards: (string | null)[];
  /** of the round before, which ended too late for its merge */
  late: string[];
  /** the round before, and the digest of what it began with; null where there is none */
  before: { round: Round; start: string } | null;
  /** what workers leave in the store for their next shards, by uris: what this round has made needless, and the rest */
  records: { superseded: string[]; current: string[] };
}

/** Of a round as a whole; `tokensPerSecond` is of all its workers together. */
export interface MergeShardsResult extends Omit<TrainShardResult, 'record'> {
  traffic: RoundTraffic;
}
