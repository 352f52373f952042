import type { AlpacaInput } from './pipeline.ts';
import type { ArtifactReference } from './reference.ts';
import type { MergeShardsInput, MergeShardsResult, Round, RoundSettings } from './rounds.ts';
import type {
  DedupeInput,
  DedupeResult,
  ReleaseInput,
  ReleaseResult,
  SampleInput,
  SampleResult,
  TokenizeInput,
  TokenizeResult,
  TrainInput,
} from './steps.ts';
import type { BestCheckpoint, TrainingFigures } from './training.ts';

/**
 * The activities that workflows call, as types alone: a workflow never loads an implementation.
 * Each interface is one room under activities/, made there by `createXActivities(deps)`.
 */

export interface PreflightActivities {
  /** Looks at what later steps need, before anything is paid: the model, the files, the teachers. */
  checkInput(input: AlpacaInput): Promise<void>;
}

export interface SampleActivities {
  /** Reads, checks and stores the seed tasks and evaluation instructions. */
  sampleSeeds(input: SampleInput): Promise<SampleResult>;
}

// dedupe ------------------------------------------------------------------------------------------------
/** A corpus divided so that every pair of similar rows is in some partition. */
export interface DedupePlan {
  data: ArtifactReference;
  against: ArtifactReference | null;
  /** per text, what was compared against first, the number of its token sequence */
  sequences: ArtifactReference;
  /** per partition, the token sequences that may have a pair in it */
  partitions: ArtifactReference[];
  /** the most tokens of a row */
  longest: number;
}

export interface FindPairsInput {
  threshold: number;
  /** how many there are in all, and which one this is */
  partitions: number;
  partition: number;
  longest: number;
  rows: ArtifactReference;
}

export interface ResolvePairsInput {
  dedupe: DedupeInput;
  plan: DedupePlan;
  pairs: ArtifactReference[];
}

export interface DedupeActivities {
  /** The whole step at once, on one machine. */
  dedupeRows(input: DedupeInput): Promise<DedupeResult>;
  /** The step in three parts, of which the second runs once for each partition, on any machines. */
  planPartitions(input: DedupeInput): Promise<DedupePlan>;
  findPairs(input: FindPairsInput): Promise<{ pairs: ArtifactReference }>;
  resolvePairs(input: ResolvePairsInput): Promise<DedupeResult>;
}

export interface TokenizeActivities {
  tokenizeRows(input: TokenizeInput): Promise<TokenizeResult>;
}

// train -------------------------------------------------------------------------------------------------
/** With one worker the settings of rounds are left out, as in attempts that an earlier version scheduled. */
export type TrainingSettings = Partial<RoundSettings> &
  Omit<TrainInput, 'data' | 'model' | 'tokenized' | 'language' | keyof RoundSettings>;

export interface TrainingPlan {
  /** the batch plan of the whole run: order of rows and micro-batches, a function of seed and data */
  plan: ArtifactReference;
  totalSteps: number;
  /** shard s of the run is the steps [boundaries[s], boundaries[s+1]) */
  boundaries: number[];
  /** how many values are trained */
  parameters: number;
  /** the checkpoint of another run that this one goes on from; absent in plans of earlier versions */
  start?: { checkpoint: ArtifactReference; step: number } | null;
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
  /** that the shard is one of; absent where one worker trains */
  round?: Round;
  /** needed where held-out loss is measured on the way */
  heldOutTokens?: ArtifactReference;
  /** the best checkpoint of the shards before this one */
  best?: BestCheckpoint | null;
  /** tokens that the base model's vocabulary lacked: LoRA trains their rows too */
  addedTokens: string[];
}

export interface TrainShardResult {
  checkpoint: ArtifactReference;
  step: number;
  /** mean training loss of the shard's last steps, nats per target token */
  loss: number;
  tokensPerSecond: number;
  /** the fields from here on are absent in results of earlier versions */
  best?: BestCheckpoint | null;
  /** why training ended before the shard's last step; null where it did not */
  stoppedEarly?: string | null;
  /** of the last step */
  figures?: TrainingFigures;
}

export interface TrainActivities {
  planTraining(input: {
    settings: TrainingSettings;
    model: ArtifactReference;
    tokens: ArtifactReference;
    addedTokens: string[];
  }): Promise<TrainingPlan>;
  trainShard(input: TrainShardInput): Promise<TrainShardResult>;
  /** Makes one checkpoint of those that the shards of a round ended with. */
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
    /** steps trained in all, where the checkpoint may be of an earlier one */
    steps?: number;
  }): Promise<{
    model: ArtifactReference;
    adapter: ArtifactReference | null;
    metrics: ArtifactReference;
    tensorBoard: ArtifactReference;
  }>;
}

// release ---------------------------------------------------------------------------------------------
export interface ReleaseActivities {
  writeRelease(input: ReleaseInput): Promise<ReleaseResult>;
}

/** What an activity heartbeats: small, and the same for every step. The workflow UI shows it as it is. */
export interface StepProgress {
  done: number;
  total: number;
  unit: string;
  note?: string;
  /** of training: its latest step */
  figures?: TrainingFigures;
}
