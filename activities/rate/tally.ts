import type {
  Agreement,
  AssignmentPlan,
  Choice,
  RatingMode,
  RatingTally,
} from '../../workflows/contracts/rating.ts';
import { choiceAt } from '../../workflows/decisions/ballot.ts';
import { winRateOf } from '../evaluate/winrate/winrate.ts';
import { cohenKappa, fleissKappa } from './agreement.ts';
import { assignedTo } from './assignment.ts';

/** One rater's word on one item, by the names that the rater never saw: A, B or tie; or a grade A to D. */
export interface Judgement {
  rater: number;
  item: number;
  verdict: string;
  /** pairwise: which answer this rater saw first */
  first: 'A' | 'B';
}

const GRADES = ['A', 'B', 'C', 'D'] as const;
const CATEGORIES: Readonly<Record<RatingMode, readonly string[]>> = {
  pairwise: ['A', 'B', 'tie'],
  abcd: GRADES,
};

/** What the ballots say, each rater's order of answers undone. Open items and skips say nothing. */
export function judgementsOf(plan: AssignmentPlan, ballots: readonly string[]): Judgement[] {
  return ballots.flatMap((letters, rater) =>
    assignedTo(plan, rater).flatMap(({ item, swapped }, place) => {
      const verdict = verdictOf(choiceAt({ letters }, place), swapped);
      const first = swapped ? 'B' : 'A';
      return verdict === null ? [] : [{ rater, item, verdict, first }];
    }),
  );
}

/**
 * Counts. Wins, losses and ties are votes, as in the original; the win rate and its interval are over items,
 * each the mean of its votes, since several votes on one pair of answers are not independent. The web
 * service counts what there is so far by the same function.
 *
 * @param sets how many sets of answers there are: 2, or 1 where one set alone is graded
 */
export function tallyOf(
  { mode, plan, sets }: { mode: RatingMode; plan: AssignmentPlan; sets: 1 | 2 },
  ballots: readonly string[],
): RatingTally {
  const judgements = judgementsOf(plan, ballots);
  const skipped = ballots.reduce(
    (sum, letters) => sum + [...letters].filter((_, place) => choiceAt({ letters }, place) === 'skip').length,
    0,
  );
  const counted = mode === 'pairwise' ? comparisonOf(judgements) : gradesOf(judgements, sets);
  return {
    mode,
    items: plan.items,
    votes: judgements.length,
    skips: skipped,
    ...counted,
    agreement: agreementOf(judgements, mode),
  };
}

type Counted = Pick<RatingTally, 'summary' | 'pairwise' | 'grades'>;

function comparisonOf(judgements: readonly Judgement[]): Counted {
  const votes = winRateOf(judgements.map(({ verdict }) => PREFERENCE[verdict] ?? null));
  const items = winRateOf(preferencesByItem(judgements).values());
  const { wins, losses, ties } = votes;
  const { winRate, standardError, interval, pValue } = items;
  return {
    summary: `A wins ${wins}, B wins ${losses}, ${ties} ties`,
    pairwise: {
      ...{ wins, losses, ties },
      majorities: { wins: items.wins, losses: items.losses, ties: items.ties },
      ...{ winRate, standardError, interval, pValue },
    },
    grades: null,
  };
}

/** AlpacaEval's scale with A as its second answer: 2 where A is better, 1 where B is. */
const PREFERENCE: Readonly<Record<string, number>> = { A: 2, B: 1, tie: 1.5 };

/** Of each item that was voted on, the mean preference of its raters, from 1 (all B) to 2 (all A). */
export function preferencesByItem(judgements: readonly Judgement[]): Map<number, number> {
  return new Map(
    [...Map.groupBy(judgements, ({ item }) => item)]
      .sort(([left], [right]) => left - right)
      .map(([item, votes]) => [
        item,
        votes.reduce((sum, { verdict }) => sum + (PREFERENCE[verdict] ?? 0), 0) / votes.length,
      ]),
  );
}

function gradesOf(judgements: readonly Judgement[], sets: 1 | 2): Counted {
  const countOf = (set: number) => {
    const ofSet = judgements.filter(({ item }) => item % sets === set);
    const count = (grade: string) => ofSet.filter(({ verdict }) => verdict === grade).length;
    return { A: count('A'), B: count('B'), C: count('C'), D: count('D') };
  };
  const a = countOf(0);
  const b = sets === 2 ? countOf(1) : null;
  const inWords = (grades: typeof a) => GRADES.map((grade) => `${grade} ${grades[grade]}`).join(', ');
  return {
    summary: b === null ? `grades: ${inWords(a)}` : `grades of A: ${inWords(a)}; of B: ${inWords(b)}`,
    pairwise: null,
    grades: { a, b },
  };
}

/** Cohen's kappa where two people rated anything, Fleiss' where more did. */
function agreementOf(judgements: readonly Judgement[], mode: RatingMode): Agreement | null {
  const shared = [...Map.groupBy(judgements, ({ item }) => item).values()].filter(
    (votes) => votes.length >= 2,
  );
  if (shared.length === 0) return null;
  const raters = [...new Set(judgements.map(({ rater }) => rater))];
  if (raters.length === 2) {
    const verdicts = (rater: number | undefined) =>
      shared.map((votes) => votes.find((vote) => vote.rater === rater)?.verdict ?? '');
    const kappa = cohenKappa(verdicts(raters[0]), verdicts(raters[1]));
    return { method: 'cohen', kappa, items: shared.length };
  }
  const table = shared.map((votes) =>
    CATEGORIES[mode].map((category) => votes.filter(({ verdict }) => verdict === category).length),
  );
  return { method: 'fleiss', kappa: fleissKappa(table), items: shared.length };
}

function verdictOf(choice: Choice, swapped: boolean): string | null {
  if (choice === 'open' || choice === 'skip') return null;
  if (choice === 'first') return swapped ? 'B' : 'A';
  if (choice === 'second') return swapped ? 'A' : 'B';
  return choice;
}
