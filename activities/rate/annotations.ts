import type { RatingMode } from '../../workflows/contracts/rating.ts';
import { preferenceOf } from '../evaluate/answers/model-outputs.ts';
import { answerAt, type ComparedPair } from './comparison.ts';
import { type Judgement, verdictsIn, votesByItem } from './tally.ts';

/**
 * Every vote by item, for a file. Pairwise in AlpacaEval's form: `output_2` is A's answer, and `preference`
 * runs from 1 (all raters for B) to 2 (all for A). In the mode `abcd` a row is an answer and its grades.
 */
export function annotationsOf(
  pairs: readonly ComparedPair[],
  judgements: readonly Judgement[],
  mode: RatingMode,
): object[] {
  return mode === 'pairwise' ? preferences(pairs, judgements) : grades(pairs, judgements);
}

function preferences(pairs: readonly ComparedPair[], judgements: readonly Judgement[]): object[] {
  return votesByItem(judgements).map(([item, votes]) => {
    const pair = pairs[item];
    return {
      dataset: pair?.dataset,
      instruction: pair?.instruction,
      input: pair?.input,
      output_1: pair?.answerB,
      generator_1: pair?.generatorB,
      output_2: pair?.answerA,
      generator_2: pair?.generatorA,
      annotator: 'people',
      preference: preferenceOf(verdictsIn(votes)),
      votes: votes.map(({ rater, verdict, first }) => ({ rater, verdict, first })),
    };
  });
}

function grades(pairs: readonly ComparedPair[], judgements: readonly Judgement[]): object[] {
  return votesByItem(judgements).map(([item, votes]) => {
    const { pair, of } = answerAt(item, pairs);
    return {
      dataset: pair?.dataset,
      instruction: pair?.instruction,
      input: pair?.input,
      output: of === 'A' ? pair?.answerA : pair?.answerB,
      generator: of === 'A' ? pair?.generatorA : pair?.generatorB,
      grades: votes.map(({ rater, verdict }) => ({ rater, grade: verdict })),
    };
  });
}
