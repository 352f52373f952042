import type { Round } from '../../contracts/rounds.ts';
import { shardsOf } from '../rounds.ts';
import type { BegunShard } from './train-rounds.ts';

/** What is known of a round of a training that is over. */
export interface RecordedRound {
  fromStep: number;
  toStep: number;
  /** that had a shard of it, in the order of the shards */
  workers: readonly number[];
  /** that were merged, by their first step; `late`: of the round before */
  shards: readonly { fromStep: number; late: boolean }[];
}

/**
 * Has a training go the way that another went, round by round, for `TrainRounds` and `runTraining`: a shard is late that
 * was late then, and is done in time for the next merge, or never, as it was. Shards that were left out are not trained.
 */
export class RecordedRounds {
  readonly #rounds: readonly RecordedRound[];
  #round: Round | null = null;
  #at = -1;
  /** workers of the round's late shards */
  #late: number[] = [];

  constructor(rounds: readonly RecordedRound[]) {
    this.#rounds = rounds;
  }

  /**
   * True where the other training went on in a new run of its workflow before the round to come: what was late is left
   * out then, and no worker is still at it.
   */
  isFull(): boolean {
    const next = this.#rounds[this.#at + 1];
    const isFull = next?.workers.some((worker) => this.#late.includes(worker)) ?? false;
    if (isFull) this.#late = [];
    return isFull;
  }

  async beginRound(round: Round): Promise<void> {
    this.#at += 1;
    this.#round = round;
    const { fromStep, toStep, workers = [] } = this.#rounds[this.#at] ?? {};
    if (fromStep === round.fromStep && toStep === round.toStep && workers.length === round.shards) return;
    throw new RangeError(
      `round ${this.#at + 1} is of the steps ${round.fromStep} to ${round.toStep}, and was recorded of ${fromStep} to ${toStep}`,
    );
  }

  async shards<Result>(works: readonly (() => Promise<Result>)[]): Promise<BegunShard<Result>[]> {
    const [ranges, round, next] = [
      this.#round ? shardsOf(this.#round) : [],
      this.#rounds[this.#at],
      this.#rounds[this.#at + 1],
    ];
    const has = (found: RecordedRound | undefined, fromStep: number, late: boolean) =>
      found?.shards.some((shard) => shard.fromStep === fromStep && shard.late === late) ?? false;
    this.#late = [];
    const begun: BegunShard<Result>[] = [];
    for (const [shard, work] of works.entries()) {
      const fromStep = ranges[shard]?.fromStep ?? Number.NaN;
      if (has(round, fromStep, false)) {
        begun.push({ done: await work() });
        continue;
      }
      this.#late.push(round?.workers[shard] ?? Number.NaN);
      const result = has(next, fromStep, true) ? await work() : null;
      begun.push({ late: { result: () => result, leaveOut() {} } });
    }
    return begun;
  }
}
