import { readRows } from '../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { assignedTo } from '../../../activities/rate/assignment.ts';
import { answerAt, type ComparedPair, comparedPair } from '../../../activities/rate/comparison.ts';
import type { RaterView } from '../../../workflows/contracts/rate.ts';
import type { ShownItem } from '../page-answers.ts';
import type { RatingSource } from './ratings.ts';

/** What never changes of a rater's seat. */
type SeatFacts = Omit<RaterView, 'ballot' | 'finished'>;

export interface RatingItems {
  rater(rating: string, key: string): Promise<RaterView>;
  seat(rating: string, key: string): Promise<SeatFacts>;
  /** whether it was asked for before, and there was one */
  isKnown(rating: string, key: string): boolean;
  shown(rating: string, key: string, item: string): Promise<ShownItem>;
  /** how many sets of answers are rated */
  sets(rating: string, key: string): Promise<1 | 2>;
}

const KEY = /^[0-9a-f]{16}$/;
const MOST_SEATS = 2000;
const MOST_COMPARISONS = 8;

/** Looks up what raters see. Seats and comparisons never change, so the latest are kept in memory. */
export function createRatingItems(ratings: RatingSource, store: ArtifactStore): RatingItems {
  const seats = new Map<string, SeatFacts>();
  const comparisons = new Map<string, Promise<ComparedPair[]>>();

  const rater = async (rating: string, key: string): Promise<RaterView> => {
    if (!KEY.test(key)) throw new AlpacaError('NotFound', 'There is no such rater.', { remedy: CHECK });
    const view = await ratings.rater(rating, key);
    keep(seats, `${rating}/${key}`, view, MOST_SEATS);
    return view;
  };
  const seat = async (rating: string, key: string) => seats.get(`${rating}/${key}`) ?? rater(rating, key);
  const pairsOf = async ({ comparison }: SeatFacts): Promise<ComparedPair[]> => {
    if (comparison === null) return [];
    const known = comparisons.get(comparison.sha256);
    const pairs = known ?? store.open(comparison).then((path) => readRows(path, comparedPair));
    // What could not be read is looked for again.
    pairs.catch(() => comparisons.delete(comparison.sha256));
    keep(comparisons, comparison.sha256, pairs, MOST_COMPARISONS);
    return pairs;
  };

  return {
    rater,
    seat,
    isKnown: (rating, key) => seats.has(`${rating}/${key}`),
    async shown(rating, key, item) {
      const facts = await seat(rating, key);
      const place = /^\d{1,6}$/.test(item) ? Number(item) : -1;
      const pairs = await pairsOf(facts);
      const shown = place >= 0 && place < facts.assigned ? shownAt(facts, pairs, place) : undefined;
      if (shown) return shown;
      throw new AlpacaError('NotFound', `There is no item ${item}, only ${facts.assigned} from 0.`);
    },
    async sets(rating, key) {
      const [pair] = await pairsOf(await seat(rating, key));
      return pair?.answerB === null ? 1 : 2;
    },
  };
}

const CHECK = 'Check the link.';

function shownAt(
  { mode, plan, rater }: SeatFacts,
  pairs: readonly ComparedPair[],
  place: number,
): ShownItem | undefined {
  const assigned = assignedTo(plan, rater)[place];
  if (!assigned) return undefined;
  if (mode === 'pairwise') {
    const pair = pairs[assigned.item];
    if (!pair || pair.answerB === null) return undefined;
    const answers = [pair.answerA, pair.answerB];
    return {
      instruction: pair.instruction,
      input: pair.input,
      answers: assigned.swapped ? answers.reverse() : answers,
    };
  }
  const { pair, of } = answerAt(assigned.item, pairs);
  const answer = of === 'A' ? pair?.answerA : pair?.answerB;
  if (!pair || typeof answer !== 'string') return undefined;
  return { instruction: pair.instruction, input: pair.input, answers: [answer] };
}

/** Keeps the latest: the one that was put in first goes where there are too many. */
function keep<Value>(kept: Map<string, Value>, key: string, value: Value, most: number): void {
  kept.delete(key);
  kept.set(key, value);
  const [oldest] = kept.keys();
  if (kept.size > most && oldest !== undefined) kept.delete(oldest);
}
