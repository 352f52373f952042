import type { EvaluateResult } from '../../../../../workflows/contracts/evaluate.ts';

const answers = { uri: `artifact://answers/${'a'.repeat(64)}/x`, sha256: 'a'.repeat(64), bytes: 1, rows: 1 };
/** A model that was compared. */
export const candidate = (name: string, loss: number | null): EvaluateResult['candidates'][number] => ({
  name,
  kind: 'model',
  answers,
  meanLength: 41.6,
  empty: 0,
  rougeL: { rows: 4, mean: 0.25 },
  exactMatch: null,
  heldOut: loss === null ? null : { loss, perplexity: Math.exp(loss) },
});
/** A comparison of the candidates of two places, with one category. */
export const comparison = (a: number, b: number): EvaluateResult['comparisons'][number] => ({
  a,
  b,
  judge: 'offline',
  instructions: 4,
  excluded: 0,
  wins: 3,
  losses: 1,
  ties: 0,
  winRate: 75,
  standardError: 25,
  interval: [26, 100],
  disagreements: 0,
  pValue: 0.6,
  unreadable: 0,
  unjudged: 0,
  meanLengthA: 40,
  meanLengthB: 50,
  categories: [
    {
      category: '<b>mail</b>',
      n: 4,
      wins: 3,
      losses: 1,
      ties: 0,
      winRate: 75,
      standardError: 25,
      interval: [26, 100],
    },
  ],
  annotations: answers,
});
/** The result of an evaluation by these. */
export const resultWith = (more: Pick<EvaluateResult, 'candidates' | 'comparisons'>): EvaluateResult => ({
  heldOut: null,
  base: null,
  exactMatch: null,
  heldOutAnswers: [],
  pairwise: comparison(0, 1),
  costUsd: 0,
  answersA: answers,
  answersB: answers,
  annotations: answers,
  ...more,
});
