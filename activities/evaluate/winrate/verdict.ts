import type { Choice } from '../../../workflows/contracts/rating.ts';

/**
 * Which of two answers is better, by names that whoever judges never sees. This is what a verdict is in the
 * program, a model's and a person's; files of others have forms of their own (answers/model-outputs.ts).
 */
export type Verdict = 'A' | 'B' | 'tie';

/** The same by position: as the one who judges says it. */
export type Better = Extract<Choice, 'first' | 'second' | 'tie'>;

/** @param first whose answer was shown first */
export function verdictOf(better: Better, first: 'A' | 'B'): Verdict {
  if (better === 'tie') return 'tie';
  return (better === 'first') === (first === 'A') ? 'A' : 'B';
}

/** A's share of a verdict, which win rates are means of: a tie is half a win. */
export function shareOf(verdict: Verdict): number {
  if (verdict === 'tie') return 0.5;
  return verdict === 'A' ? 1 : 0;
}

/** One reading of a pair; `unreadable` where the judge gave no verdict that can be read. */
export type Reading = Verdict | 'unreadable';

/** A pair judged twice: once with A's answer shown first, once with B's. */
export interface JudgedPair {
  aFirst: Reading;
  bFirst: Reading;
}

/** True where the judge did not say the same in both orders. */
export function disagrees(pair: JudgedPair): boolean {
  return pair.aFirst !== pair.bFirst;
}

/** What a pair counts as: orders that disagree, and verdicts that cannot be read, make a tie. */
export function verdictOfBoth(pair: JudgedPair): Verdict {
  return disagrees(pair) || pair.aFirst === 'unreadable' ? 'tie' : pair.aFirst;
}
