import type { FastifyInstance } from 'fastify';
import { toJsonLines } from '../../../../activities/artifacts/rows.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { AlpacaError } from '../../../../activities/errors.ts';
import { assignedCount } from '../../../../activities/rate/assignment.ts';
import type { ComparedPair } from '../../../../activities/rate/comparison.ts';
import type { RunSource } from '../../../../workers/runs/runs.ts';
import type { RunSteering } from '../../../../workers/runs/steering.ts';
import type { RatingSource } from '../../../../workers/web/rating/ratings.ts';
import { createWebService, type WebService } from '../../../../workers/web/server.ts';
import type { ArtifactReference } from '../../../../workflows/contracts/data.ts';
import type { AssignmentPlan, RatingMode, Seat } from '../../../../workflows/contracts/rate.ts';
import {
  answerFor,
  emptyBallot,
  faultOf,
  ratedIn,
  takeVotes,
} from '../../../../workflows/decisions/ballot.ts';

/** A comparison in memory, by the same rules as the workflows; `down` is a Temporal server that is not there. */
export interface ScriptedRatings extends RatingSource {
  readonly plan: AssignmentPlan;
  readonly seats: Seat[];
  down: boolean;
}

export function scriptedRatings(
  comparison: ArtifactReference | null,
  { items = 3, raters = 2, mode = 'pairwise' }: { items?: number; raters?: number; mode?: RatingMode } = {},
): ScriptedRatings {
  const plan: AssignmentPlan = { seed: 5, items, raters, itemsPerRater: null, votesPerItem: null };
  const ballots = Array.from({ length: raters }, (_, rater) => emptyBallot(assignedCount(plan, rater)));
  const seats = ballots.map(
    (_, rater): Seat => ({
      ...{ rater, key: String(rater + 1).repeat(16), name: null },
      ...{ assigned: assignedCount(plan, rater), letters: '', state: 'waiting' },
    }),
  );
  const seatOf = (rating: string, key: string) => {
    if (source.down) throw Object.assign(new Error('down'), { code: 14, details: '', metadata: {} });
    const seat = rating === 'test' ? seats.find((each) => each.key === key) : undefined;
    if (!seat) throw new AlpacaError('NotFound', 'There is no such rating.');
    return seat;
  };
  const source: ScriptedRatings = {
    plan,
    seats,
    down: false,
    async view(rating) {
      if (rating !== 'test') throw new AlpacaError('NotFound', 'There is no such rating.');
      return { state: 'open', mode, plan, seats };
    },
    async join(_, name) {
      const seat = seats.find((each) => each.name === name) ?? seats.find((each) => each.name === null);
      if (!seat) throw new AlpacaError('InvalidInput', 'Refused: all seats are taken.');
      seat.name = name;
      return { key: seat.key };
    },
    async rater(rating, key) {
      const { rater, assigned, state } = seatOf(rating, key);
      const ballot = ballots[rater] ?? emptyBallot(0);
      return { mode, comparison, plan, rater, assigned, ballot, finished: state === 'finished' };
    },
    async vote(rating, key, votes) {
      const seat = seatOf(rating, key);
      const fault = faultOf(votes, mode, seat.assigned);
      if (fault !== null) throw new AlpacaError('InvalidInput', `Refused: ${fault}.`);
      const before = ballots[seat.rater] ?? emptyBallot(0);
      if (seat.state === 'finished') return answerFor(before, votes);
      const { ballot, answer } = takeVotes(before, votes);
      ballots[seat.rater] = ballot;
      seat.letters = ballot.letters;
      return answer;
    },
    async finish(rating, key) {
      const seat = seatOf(rating, key);
      if (ratedIn(seat.letters) < seat.assigned)
        throw new AlpacaError('InvalidInput', 'Refused: not all rated.');
      seat.state = 'finished';
    },
  };
  return source;
}

const noRuns: RunSource = {
  list: async () => [],
  view: async () => {
    throw new AlpacaError('NotFound', 'There is no run.');
  },
  reachable: async () => true,
};

export const noSteering: RunSteering = {
  start: refuse,
  estimate: refuse,
  update: refuse,
  cancel: refuse,
  terminate: refuse,
};

async function refuse(): Promise<never> {
  throw new AlpacaError('Permission', 'Nothing is steered here.');
}

/** A web service with one comparison, `test`, of these pairs, whose raters' keys are 1111… and 2222…. */
export async function ratingService(
  root: string,
  pairs: readonly ComparedPair[],
  { mode = 'pairwise', ...change }: Partial<WebService> & { mode?: RatingMode } = {},
): Promise<{ app: FastifyInstance; ratings: ScriptedRatings }> {
  const store = createLocalStore({ root });
  const comparison = await store.putFile('comparison', 'comparison.jsonl', toJsonLines(pairs), {
    rows: pairs.length,
    madeBy: 'test',
  });
  const items = mode === 'pairwise' ? pairs.length : 2 * pairs.length;
  const ratings = scriptedRatings(comparison, { items, mode });
  const place = { address: '127.0.0.1:7233', namespace: 'default', temporalUiUrl: null, chatUrl: null };
  const app = await createWebService({
    ...{
      runs: noRuns,
      steering: noSteering,
      ratings,
      store,
      place,
      host: '127.0.0.1',
      token: null,
      ratersToken: null,
    },
    ...change,
  });
  return { app, ratings };
}
