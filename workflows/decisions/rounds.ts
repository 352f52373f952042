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
 * A server ends a workflow whose history has more than 51,200 events. A shard and a merge have six each, and
 * up to four for each time that a shard tells how it goes: so many activities leave room.
 */
const MOST_ACTIVITIES = 2000;

/** What is wrong with rounds that a workflow's history has no room for; null where it has. */
export function tooManyRounds(
  rounds: readonly Round[],
  { workers, roundSteps }: Pick<RoundSettings, 'workers' | 'roundSteps'>,
): string | null {
  const activities = rounds.reduce((sum, { shards }) => sum + shards + 1, 0);
  if (activities <= MOST_ACTIVITIES) return null;
  const steps = rounds.reduce((sum, { fromStep, toStep }) => sum + toStep - fromStep, 0);
  const mostRounds = Math.floor(MOST_ACTIVITIES / (workers + 1));
  const enough = Math.ceil(steps / (mostRounds * workers));
  return `roundSteps is ${roundSteps}: ${rounds.length} rounds of ${workers} workers are more than one workflow holds. Set it to ${enough} or more.`;
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
