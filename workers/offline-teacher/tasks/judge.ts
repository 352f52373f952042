import { z } from 'zod';
import type { Random } from './random.ts';
import { rightAnswer } from './tasks.ts';

/** A pair of answers to compare, as a judge prompt shows it. */
export interface PairToJudge {
  instruction: string;
  input: string;
  answers: readonly [string, string];
}

/** 1 the first answer, 2 the second, 0 a tie. */
export type Preference = 0 | 1 | 2;

export const judgeSettings = z.strictObject({
  positionBias: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('The share of close calls that go to the answer shown first'),
  closeCall: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Two scores (each from 0 to 1) that differ by no more than this are a close call'),
});
export type JudgeSettings = z.infer<typeof judgeSettings>;

/**
 * Finds the pair in a judge prompt: `<instruction>`, `<input>` (may be missing), `<answer_1>` and
 * `<answer_2>`, the block's tags at the start of lines. Null where the text is no such prompt. An answer that
 * holds tags itself cannot end its block early: a block reaches to its last closing tag before the next.
 */
export function readJudgement(prompt: string): PairToJudge | null {
  const found = BLOCKS.exec(prompt)?.groups;
  if (!found) return null;
  const text = (name: string) => (found[name] ?? '').trim();
  return { instruction: text('instruction'), input: text('input'), answers: [text('first'), text('second')] };
}

const BLOCKS = new RegExp(
  [
    '^<instruction>(?<instruction>[\\s\\S]*?)</instruction>\\s*',
    '(?:<input>(?<input>[\\s\\S]*?)</input>\\s*)?',
    '^<answer_1>(?<first>[\\s\\S]*)</answer_1>\\s*<answer_2>(?<second>[\\s\\S]*)</answer_2>',
  ].join(''),
  'm',
);

/**
 * Compares by the computed truth where a family knows the task: the exact answer wins, else the one that
 * overlaps more with it. Elsewhere by a rule: an answer is worth the share of its words that the task
 * speaks of, less for repetition and for implausible length; an empty one is worth nothing. Equal answers
 * tie. Of close calls between different answers a share goes to the first, drawn from `random`.
 */
export function judge(
  { instruction, input, answers }: PairToJudge,
  random: Random,
  settings: JudgeSettings,
): Preference {
  const [first, second] = answers;
  if (first === second) return 0;
  const truth = rightAnswer(instruction, input);
  const score = (answer: string) =>
    truth === null ? plausibility(answer, `${instruction} ${input}`) : likeness(answer, truth);
  const [a, b] = [score(first), score(second)];
  const certain = a === 1 || b === 1;
  if (!certain && Math.abs(a - b) <= settings.closeCall && random.chance(settings.positionBias)) return 1;
  if (a === b) return 0;
  return a > b ? 1 : 2;
}

/** 1 for the truth itself, else up to 0.9 by the F-measure of the longest common subsequence of words. */
export function likeness(answer: string, truth: string): number {
  if (answer === truth) return 1;
  const [found, wanted] = [wordsOf(answer), wordsOf(truth)];
  if (found.length + wanted.length === 0) return 0;
  return (0.9 * 2 * commonSubsequence(found, wanted)) / (found.length + wanted.length);
}

function plausibility(answer: string, task: string): number {
  const found = wordsOf(answer);
  if (found.length === 0) return 0;
  const known = new Set(wordsOf(task));
  const onTopic = found.filter((word) => known.has(word)).length / found.length;
  const variety = new Set(found).size / found.length;
  const length = Math.min(1, found.length / 5, 150 / found.length);
  return 0.9 * (0.3 + 0.7 * onTopic) * variety ** 2 * length;
}

function commonSubsequence(a: readonly string[], b: readonly string[]): number {
  let previous = new Array<number>(b.length + 1).fill(0);
  for (const word of a) {
    const current = [0];
    for (const [index, other] of b.entries()) {
      const extended = (previous[index] ?? 0) + 1;
      current.push(word === other ? extended : Math.max(previous[index + 1] ?? 0, current[index] ?? 0));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
