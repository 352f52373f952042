import { mean } from 'simple-statistics';
import type { AnswerFigures } from '../../../workflows/contracts/evaluate.ts';
import type { Tokenization } from '../../../workflows/contracts/run.ts';
import { rougeL } from '../../dedupe/rouge/rouge.ts';
import { tokenizerFor } from '../../dedupe/rouge/tokenize.ts';
import { tokenizationOfTexts } from '../../dedupe/tokenization-choice.ts';
import { wilsonInterval } from '../winrate/interval.ts';
import { type RightAnswer, sameAnswer } from './exact-match.ts';
import type { Question } from './instructions.ts';

/**
 * What can be said of a candidate's answers without a judge; `answers[i]` is to `questions[i]`.
 *
 * @param tokenization of ROUGE-L; null goes by the references, as dedupe goes by its rows
 */
export function figuresOf(
  questions: readonly Question[],
  answers: readonly string[],
  { rightAnswer, tokenization }: { rightAnswer: RightAnswer; tokenization: Tokenization | null },
): AnswerFigures {
  const pairs = questions.map((question, index) => ({ question, answer: answers[index] ?? '' }));
  return {
    meanLength: meanLength(answers),
    empty: answers.filter((answer) => answer.trim() === '').length,
    rougeL: rougeAgainstReferences(pairs, tokenization),
    exactMatch: exactMatches(pairs, rightAnswer),
  };
}

/** Characters (Unicode code points) of a text in the mean; 0 where there is none. */
export function meanLength(texts: readonly string[]): number {
  return texts.length === 0 ? 0 : mean(texts.map((text) => [...text].length));
}

interface AnsweredQuestion {
  question: Question;
  answer: string;
}

/** Self-Instruct's figure: the mean of the ROUGE-L F-measures, each as `rouge_score` computes it. */
function rougeAgainstReferences(
  pairs: readonly AnsweredQuestion[],
  tokenization: Tokenization | null,
): AnswerFigures['rougeL'] {
  const known = pairs.flatMap(({ question: { reference }, answer }) =>
    reference === null ? [] : [{ reference, answer }],
  );
  const references = known.map(({ reference }) => reference);
  const tokenize = tokenizerFor(tokenizationOfTexts(tokenization, references));
  const scores = known.map(({ reference, answer }) => rougeL(tokenize(reference), tokenize(answer)));
  return scores.length === 0 ? null : { rows: scores.length, mean: mean(scores) };
}

function exactMatches(
  pairs: readonly AnsweredQuestion[],
  rightAnswer: RightAnswer,
): AnswerFigures['exactMatch'] {
  const known = pairs.flatMap(({ question, answer }) => {
    const truth = rightAnswer(question.instruction, question.input);
    return truth === null ? [] : [sameAnswer(answer, truth)];
  });
  if (known.length === 0) return null;
  const right = known.filter(Boolean).length;
  return {
    rows: known.length,
    right,
    rate: right / known.length,
    interval: wilsonInterval(right, known.length),
  };
}
