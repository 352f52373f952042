import type { ArtifactReference } from '../../contracts/data.ts';
import { Defect } from '../../contracts/failures.ts';
import type { Round, RoundSettings } from '../../contracts/rounds.ts';
import type {
  MergeShardsResult,
  RoundWork,
  TrainActivities,
  TrainShardResult,
} from '../../contracts/train-activities.ts';
import { roundsAfter, type StepRange, shardsOf } from '../rounds.ts';
import { type RoundPlace, roundName } from '../training-note.ts';
import type { RoundsSoFar } from './carried-training.ts';

/** How long a round waits for its shards: for all, or where so many are done, for the others so long. */
export interface Patience {
  /** null: all */
  quorum: number | null;
  graceSeconds: number;
}

/** A shard that its round does not wait for any longer. */
export interface LateShard<Result> {
  /** null as long as it is not done, and where it failed */
  result(): Result | null;
  /** Stops it, if it is not done. */
  leaveOut(): void;
}

/** A shard of a round whose time is over. */
export type BegunShard<Result> = { done: Result } | { late: LateShard<Result> };

export interface RoundDriver {
  activities(summary: string): Pick<TrainActivities, 'trainShard' | 'mergeShards'>;
  /** Trains the shards of a round, at once or in turn, and gives what became of them in order. */
  shards<Result>(
    works: readonly (() => Promise<Result>)[],
    patience: Patience,
  ): Promise<BegunShard<Result>[]>;
  beginRound?(round: Round, place: RoundPlace): Promise<void>;
  merged?(result: MergeShardsResult): void;
  /** A shard is not merged: its steps are not learnt from. */
  leftOut?(steps: StepRange): void;
}

/** A late shard, and which worker has it. */
interface Late {
  worker: number;
  steps: StepRange;
  shard: LateShard<TrainShardResult>;
}

/**
 * The rounds of a training, one after another. Each takes the steps that come next in the plan; workers that still have
 * a late shard take none. What becomes of a late shard is decided when the round is over, and with it by the history of
 * the workflow: a late shard is stopped, or is merged with the next round if it is done by then, or else stopped too.
 */
export class TrainRounds {
  readonly #settings: RoundSettings;
  readonly #driver: RoundDriver;
  readonly #soFar: RoundsSoFar;
  #late: Late[] = [];

  constructor(settings: RoundSettings, driver: RoundDriver, carried: RoundsSoFar | null) {
    this.#settings = settings;
    this.#driver = driver;
    const records = Array.from({ length: settings.workers }, (): ArtifactReference | null => null);
    this.#soFar = carried ?? { merged: 0, records, before: null };
  }

  get soFar(): RoundsSoFar {
    return this.#soFar;
  }

  /** Stops what is late still: nothing is merged after it. */
  leaveOutLate(): void {
    for (const { steps, shard } of this.#late) {
      shard.leaveOut();
      this.#driver.leftOut?.(steps);
    }
    this.#late = [];
  }

  /** Trains and merges the round that begins at a step. */
  async next(fromStep: number, work: RoundWork): Promise<MergeShardsResult> {
    const { workers, roundSteps, quorum, graceSeconds } = this.#settings;
    const busy = new Set(this.#late.map(({ worker }) => worker));
    const free = Array.from({ length: workers }, (_, worker) => worker).filter((worker) => !busy.has(worker));
    const [round] = roundsAfter(fromStep, work.totalSteps, { workers: free.length, roundSteps });
    if (!round) throw new Defect('there is no round after the last step');
    const number = this.#soFar.merged + 1;
    const left = Math.ceil((work.totalSteps - round.toStep) / (workers * roundSteps));
    const place = { number, of: number + left, shards: round.shards };
    await this.#driver.beginRound?.(round, place);
    const ranges = shardsOf(round);
    const begun = await this.#driver.shards(
      ranges.map((steps, shard) => this.#trainer(work, round, place, steps, shard, free[shard] ?? 0)),
      { quorum: quorum === null ? null : Math.min(quorum, round.shards), graceSeconds },
    );
    const superseded: string[] = [];
    const late = this.#collectLate(superseded);
    const shards = begun.map((shard, index) => {
      const [worker = 0, steps = round] = [free[index], ranges[index]];
      if ('done' in shard) return this.#take(worker, shard.done, superseded);
      this.#late.push({ worker, steps, shard: shard.late });
      return null;
    });
    if (this.#settings.lateShards === 'leave-out' || round.toStep === work.totalSteps) this.leaveOutLate();
    const { before, records } = this.#soFar;
    const current = records.flatMap((record) => record?.uri ?? []);
    const merging = late.length === 0 ? '' : `, and ${late.length} of the round before`;
    const merges = shards.filter((uri) => uri !== null).length;
    const merged = await this.#driver
      .activities(`${roundName(place)}: merge ${merges} shards${merging}`)
      .mergeShards({
        ...{ ...work, round, shards, late, before, workers: free.slice(0, round.shards) },
        records: { superseded, current },
      });
    this.#soFar.merged = number;
    this.#soFar.before = { round, start: (work.checkpoint ?? work.model).sha256 };
    this.#driver.merged?.(merged);
    return merged;
  }

  #trainer(
    work: RoundWork,
    round: Round,
    place: RoundPlace,
    steps: StepRange,
    shard: number,
    worker: number,
  ) {
    const { fromStep, toStep } = steps;
    const summary = `${roundName(place)}, shard ${shard + 1} of ${round.shards}: steps ${fromStep} to ${toStep - 1}`;
    const record = this.#soFar.records[worker] ?? null;
    return () => this.#driver.activities(summary).trainShard({ ...work, fromStep, toStep, round, record });
  }

  /** The late shards of the round before that are done; the others are stopped. */
  #collectLate(superseded: string[]): string[] {
    const done: string[] = [];
    for (const { worker, steps, shard } of this.#late) {
      const result = shard.result();
      if (result !== null) {
        done.push(this.#take(worker, result, superseded));
        continue;
      }
      shard.leaveOut();
      this.#driver.leftOut?.(steps);
    }
    this.#late = [];
    return done;
  }

  /** @returns the uri of the update */
  #take(worker: number, { checkpoint, record = null }: TrainShardResult, superseded: string[]): string {
    const before = this.#soFar.records[worker];
    if (before) superseded.push(before.uri);
    this.#soFar.records[worker] = record;
    return checkpoint.uri;
  }
}
