import type { Choice } from '../../../workflows/contracts/rate.ts';

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

/** True where the judge gave a verdict in both orders, and not the same. */
export function disagrees({ aFirst, bFirst }: JudgedPair): boolean {
  return aFirst !== 'unreadable' && bFirst !== 'unreadable' && aFirst !== bFirst;
}

/** What a pair counts as: orders that disagree make a tie. Null where one gave no verdict: it is then not judged. */
export function verdictOfBoth({ aFirst, bFirst }: JudgedPair): Verdict | null {
  if (aFirst === 'unreadable' || bFirst === 'unreadable') return null;
  return aFirst === bFirst ? aFirst : 'tie';
}
