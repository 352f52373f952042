import type {
  Agreement,
  AssignmentPlan,
  Choice,
  RatingMode,
  RatingTally,
} from '../../workflows/contracts/rating.ts';
import { choiceAt } from '../../workflows/decisions/ballot.ts';
import { preferenceOf, shareIn } from '../evaluate/answers/model-outputs.ts';
import { shareOf, type Verdict, verdictOf } from '../evaluate/winrate/verdict.ts';
import { winRateOf } from '../evaluate/winrate/winrate.ts';
import { cohenKappa, fleissKappa } from './agreement.ts';
import { assignedTo } from './assignment.ts';

/** One rater's word on one item: a verdict, or in the mode `abcd` a grade. */
export interface Judgement {
  rater: number;
  item: number;
  verdict: Verdict | Grade;
  /** pairwise: which answer this rater saw first */
  first: 'A' | 'B';
}

const GRADES = ['A', 'B', 'C', 'D'] as const;
type Grade = (typeof GRADES)[number];
const CATEGORIES: Readonly<Record<RatingMode, readonly string[]>> = {
  pairwise: ['A', 'B', 'tie'],
  abcd: GRADES,
};

/** What the ballots say, each rater's order of answers undone. Open items and skips say nothing. */
export function judgementsOf(plan: AssignmentPlan, ballots: readonly string[]): Judgement[] {
  return ballots.flatMap((letters, rater) =>
    assignedTo(plan, rater).flatMap(({ item, swapped }, place) => {
      const first = swapped ? 'B' : 'A';
      const verdict = meantBy(choiceAt({ letters }, place), first);
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
  const votes = winRateOf(verdictsIn(judgements).map(shareOf));
  // By way of the preference that the annotation has: both say the same to the last bit.
  const items = winRateOf(
    votesByItem(judgements).map(([, ofItem]) => shareIn(preferenceOf(verdictsIn(ofItem)))),
  );
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

/** The items that were voted on, in their order, each with its votes. */
export function votesByItem(judgements: readonly Judgement[]): [item: number, votes: Judgement[]][] {
  return [...Map.groupBy(judgements, ({ item }) => item)].sort(([left], [right]) => left - right);
}

/** What a pairwise comparison's judgements say: none of them is a grade. */
export function verdictsIn(judgements: readonly Judgement[]): Verdict[] {
  return judgements.map(({ verdict }) => verdict).filter((verdict) => verdict !== 'C' && verdict !== 'D');
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

function meantBy(choice: Choice, first: 'A' | 'B'): Judgement['verdict'] | null {
  if (choice === 'open' || choice === 'skip') return null;
  return choice === 'first' || choice === 'second' || choice === 'tie' ? verdictOf(choice, first) : choice;
}
