import type { Round, RoundSettings } from '../contracts/rounds.ts';

/** The steps [fromStep, toStep) of a plan, which one worker trains. */
export interface StepRange {
  fromStep: number;
  toStep: number;
}

/**
 * The rounds that have steps after `step`. Each takes the next `workers * roundSteps` steps of the batch plan,
 * whatever epoch they are of, so every step of the plan, and with it every example of an epoch, is in one
 * shard of one round. The last round has what is left.
 */
export function* roundsAfter(
  step: number,
  totalSteps: number,
  { workers, roundSteps }: Pick<RoundSettings, 'workers' | 'roundSteps'>,
): Generator<Round> {
  for (let fromStep = step; fromStep < totalSteps; ) {
    const toStep = Math.min(totalSteps, fromStep + workers * roundSteps);
    yield { fromStep, toStep, shards: Math.min(workers, toStep - fromStep) };
    fromStep = toStep;
  }
}

/**
 * The round's shards: ranges in a row, equal but in a last round that does not divide, where the first ones
 * have a step more than the others. A round of fewer steps than workers has a shard of one step for each step,
 * and the other workers have none. A shard weighs in the merge by its steps.
 */
export function shardsOf({ fromStep, toStep, shards }: Round): StepRange[] {
  const steps = toStep - fromStep;
  const edge = (shard: number) =>
    fromStep + shard * Math.floor(steps / shards) + Math.min(shard, steps % shards);
  return Array.from({ length: shards }, (_, shard) => ({ fromStep: edge(shard), toStep: edge(shard + 1) }));
}

/**
 * Rounds that a momentum must have for its step to come to rest: what it keeps of a change is the momentum to the power
 * of the rounds since, and a training that ends before that is small ends in mid-swing.
 */
const TIMES_OF_MEMORY = 2;

/** What is wrong with settings of rounds for a training of so many steps; null where nothing is. */
export function roundsProblem(settings: RoundSettings, steps: number): string | null {
  const { workers, roundSteps, quorum, outer, outerMomentum } = settings;
  if (workers > steps)
    return `workers is ${workers}, and the training has ${steps} optimizer steps: ${workers - steps} workers would never have a shard. Set it to ${steps} or less, or train on more rows, in a smaller globalBatch or for more epochs.`;
  if (quorum !== null && quorum > workers)
    return `quorum is ${quorum}, and there are ${workers} workers. Set it to ${workers} or less, or to null for all.`;
  if (outer === 'average') return null;
  const rounds = Math.ceil(steps / (workers * roundSteps));
  // 1 - 0.9 is a little less than a tenth.
  const enough = Math.ceil(TIMES_OF_MEMORY / (1 - outerMomentum) - 1e-9);
  if (rounds >= enough) return null;
  const mostSteps = Math.floor(steps / (workers * enough));
  const shorter = mostSteps > 0 ? `Set roundSteps to ${mostSteps} or less` : 'Train for more steps';
  return `outerMomentum is ${outerMomentum}, which takes ${enough} rounds to come to rest, and the training has ${rounds}: it would end beyond where its shards have pointed. ${shorter}, lower outerMomentum, or set outer to average.`;
}

/** How many steps of a round its shards have made, by what each said last. */
export class RoundTally {
  readonly #round: Round;
  readonly #reached: Map<StepRange, number>;

  constructor(round: Round) {
    this.#round = round;
    this.#reached = new Map(shardsOf(round).map((shard) => [shard, shard.fromStep]));
  }

  /**
   * Takes a step of the plan after which one of the shards stands.
   *
   * @returns the steps of the whole training that are made by then; null where the step says nothing new
   */
  after(step: number): number | null {
    for (const [shard, reached] of this.#reached) {
      if (step > shard.toStep) continue;
      if (step <= reached) return null;
      this.#reached.set(shard, step);
      return this.#done();
    }
    return null;
  }

  #done(): number {
    const made = [...this.#reached].reduce((sum, [{ fromStep }, reached]) => sum + reached - fromStep, 0);
    return this.#round.fromStep + made;
  }
}
