import type { CategoryResult, Comparison, EvaluateResult } from '../../../workflows/contracts/evaluate.ts';
import type { Attempt } from '../../attempt.ts';
import { meanLength } from '../answers/answer-figures.ts';
import {
  type Annotation,
  annotate,
  type ModelOutput,
  type PairedOutputs,
  pairOutputs,
} from '../answers/model-outputs.ts';
import { disagrees, shareOf, verdictOfBoth } from '../winrate/verdict.ts';
import { winRateOf } from '../winrate/winrate.ts';
import { type Judge, judgePairs } from './judge.ts';

export interface PairwiseComparison {
  pairwise: EvaluateResult['pairwise'];
  beside: Pick<Comparison, 'meanLengthA' | 'meanLengthB' | 'categories'>;
  annotations: Annotation[];
}

/**
 * The blind comparison of two sets of answers: every pair judged in both orders. Wins are those of `a`.
 * `excluded` is how many instructions were left out before, for the report.
 */
export async function comparePairwise(
  judge: Judge,
  answers: { a: readonly ModelOutput[]; b: readonly ModelOutput[]; excluded: number },
  attempt: Attempt,
): Promise<PairwiseComparison> {
  const pairs = pairOutputs(answers.a, answers.b);
  const judged = await judgePairs(judge, pairs, attempt);
  const shares = judged.map(verdictOfBoth).map((verdict) => verdict && shareOf(verdict));
  const { n, wins, losses, ties, winRate, standardError, interval, pValue } = winRateOf(shares);
  return {
    pairwise: {
      judge: judge.name,
      instructions: n,
      excluded: answers.excluded,
      wins,
      losses,
      ties,
      disagreements: judged.filter(disagrees).length,
      winRate,
      standardError,
      interval,
      pValue,
      unreadable: judged
        .flatMap(({ aFirst, bFirst }) => [aFirst, bFirst])
        .filter((verdict) => verdict === 'unreadable').length,
      unjudged: pairs.length - n,
    },
    beside: {
      meanLengthA: meanLength(pairs.map(({ answerA }) => answerA)),
      meanLengthB: meanLength(pairs.map(({ answerB }) => answerB)),
      categories: byCategory(pairs, shares),
    },
    annotations: pairs.flatMap((pair, index) => {
      const verdicts = judged[index];
      return verdicts ? [annotate(pair, verdicts, judge.name)] : [];
    }),
  };
}

/** A result travels through workflows: what it lists is bounded. The annotations have every category. */
const MOST_CATEGORIES = 40;

/** The win rate of each category, the largest first; none where no instruction has a category. */
function byCategory(pairs: readonly PairedOutputs[], shares: readonly (number | null)[]): CategoryResult[] {
  const named = pairs.map(({ dataset }, index) => ({ category: dataset, share: shares[index] }));
  if (named.every(({ category }) => category === '')) return [];
  const groups = Map.groupBy(named, ({ category }) => category);
  return [...groups]
    .map(([category, members]) => {
      const { n, wins, losses, ties, winRate, standardError, interval } = winRateOf(
        members.map(({ share = null }) => share),
      );
      return { category, n, wins, losses, ties, winRate, standardError, interval };
    })
    .sort((a, b) => b.n - a.n || (a.category < b.category ? -1 : 1))
    .slice(0, MOST_CATEGORIES);
}
