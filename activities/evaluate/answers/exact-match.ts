import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import type { Attempt } from '../../attempt.ts';
import { type Interval, wilsonInterval } from '../winrate/interval.ts';
import { answerPrompts } from './answers.ts';
import type { Candidate } from './inference.ts';
import { seededOrder } from './seeded-order.ts';

/** At most so many rows are answered; with more, a draw by the seed. 200 put the interval within 7 points. */
const MOST_ROWS = 200;

/** The computed answer of an instruction; null where it is of no known family. */
export type RightAnswer = (instruction: string, input: string) => string | null;

export interface ExactMatch {
  rows: number;
  right: number;
  /** right / rows */
  rate: number;
  /** Wilson's 95% interval of the rate */
  interval: Interval;
}

/**
 * How often a model's greedy answer is the right one, over held-out rows whose right answer can be
 * computed. Null where there is no such row. An answer may be one token longer than the longest right
 * answer of the rows: what is longer is wrong already.
 */
export async function measureExactMatch(
  {
    candidate,
    heldOut,
    rightAnswer,
    seed,
  }: {
    candidate: Candidate;
    heldOut: readonly RecipeRow[];
    rightAnswer: RightAnswer;
    seed: number;
  },
  attempt: Attempt,
): Promise<ExactMatch | null> {
  const questions = heldOut.flatMap(({ instruction, input }) => {
    const answer = rightAnswer(instruction, input);
    return answer === null ? [] : [{ asked: { instruction, input }, answer }];
  });
  if (questions.length === 0) return null;
  const drawn = seededOrder(questions.length, seed, 'exact-match')
    .slice(0, MOST_ROWS)
    .flatMap((index) => questions[index] ?? []);
  const encoded = await candidate.tokenizer.encode(
    drawn.map(({ answer }) => answer),
    { addSpecialTokens: false },
  );
  const longest = Math.max(...encoded.map((ids) => ids.length));
  const decoding = { maxNewTokens: longest + 1, temperature: 0, topP: 1, seed };
  const answers = await answerPrompts(
    candidate,
    drawn.map(({ asked }) => asked),
    decoding,
    attempt,
  );
  const right = drawn.filter(({ answer }, index) => sameAnswer(answers[index] ?? '', answer)).length;
  return {
    rows: drawn.length,
    right,
    rate: right / drawn.length,
    interval: wilsonInterval(right, drawn.length),
  };
}

/**
 * Two answers are the same when they are equal after Unicode composition (NFC), with every run of white
 * space as one space and none at the ends. Case and punctuation count: many instructions are about them.
 */
export function sameAnswer(left: string, right: string): boolean {
  return normalize(left) === normalize(right);
}

function normalize(answer: string): string {
  return answer.normalize('NFC').replace(/\s+/g, ' ').trim();
}
