import type { DedupeResult } from '../../contracts/dedupe.ts';

/**
 * What is to be said of instructions of which the reference's tokenization sees less than half, in words: the same in the
 * terminal, in a run's progress and in its report. Empty where there is none.
 *
 * @param rows how many were compared
 */
export function unseenText(
  { tokenization, withoutTokens = 0 }: Pick<DedupeResult, 'tokenization' | 'withoutTokens'>,
  rows: number,
): string {
  if (withoutTokens === 0) return '';
  const unseen = `${withoutTokens} of ${rows} instructions are mostly of words without a-z or 0-9, for which the reference’s ROUGE-L has no token`;
  return tokenization !== 'rouge'
    ? `${unseen}: all were compared by the tokenization "${tokenization}"`
    : `${unseen}: copies of them are kept, and different ones with the same number or name dropped; the tokenization "unicode" sees them (--tokenization unicode, in a run dedupe.tokenization)`;
}
