import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import type { HeldOutAnswer } from '../../../workflows/contracts/evaluate.ts';
import type { Attempt } from '../../attempt.ts';
import { answerPrompts } from '../answers/answers.ts';
import type { Candidate, Decoding } from '../answers/inference.ts';
import { seededOrder } from '../answers/seeded-order.ts';

/** A report shows so many; the history has them. */
const SHOWN = 10;
/** UTF-16 units of one text. */
const LONGEST = 400;

/** A model's greedy answers to some held-out rows, drawn by the seed, beside what is wanted. */
export async function answerHeldOut(
  candidate: Candidate,
  rows: readonly RecipeRow[],
  { seed, maxNewTokens }: Pick<Decoding, 'seed' | 'maxNewTokens'>,
  attempt: Attempt,
): Promise<HeldOutAnswer[]> {
  const drawn = seededOrder(rows.length, seed, 'held-out-answers')
    .slice(0, SHOWN)
    .flatMap((index) => rows[index] ?? []);
  const asked = drawn.map(({ instruction, input }) => ({ instruction, input }));
  const decoding = { maxNewTokens, temperature: 0, topP: 1, seed };
  const answers = await answerPrompts(candidate, asked, decoding, attempt);
  return drawn.map(({ instruction, input, output }, index) => ({
    ...{ instruction: cut(instruction), input: cut(input) },
    ...{ wanted: cut(output), got: cut(answers[index] ?? '') },
  }));
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
