import type { EvaluateResult } from '../../workflows/contracts/steps.ts';
import type { Attempt } from '../attempt.ts';
import { type Judge, judgePairs } from './judge.ts';
import { type Annotation, annotate, type ModelOutput, pairOutputs } from './model-outputs.ts';
import { disagrees, preferenceOf, winRateOf } from './winrate.ts';

/**
 * The blind comparison of two sets of answers: every pair judged in both orders. Wins are those of `a`.
 * `excluded` is how many instructions were left out before, for the report.
 */
export async function comparePairwise(
  judge: Judge,
  answers: { a: readonly ModelOutput[]; b: readonly ModelOutput[]; excluded: number },
  attempt: Attempt,
): Promise<{ pairwise: EvaluateResult['pairwise']; annotations: Annotation[] }> {
  const pairs = pairOutputs(answers.a, answers.b);
  const judged = await judgePairs(judge, pairs, attempt);
  const { n, wins, losses, ties, winRate, standardError, interval, pValue } = winRateOf(
    judged.map(preferenceOf),
  );
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
    },
    annotations: pairs.flatMap((pair, index) => {
      const verdicts = judged[index];
      return verdicts ? [annotate(pair, verdicts, judge.name)] : [];
    }),
  };
}
