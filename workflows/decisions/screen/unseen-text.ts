import type { DedupeResult } from '../../contracts/dedupe.ts';

/**
 * What is to be said of instructions that the reference's tokenization sees nothing of, in words: the same in the
 * terminal, in a run's progress and in its report. Empty where there is none.
 *
 * @param rows how many were compared
 */
export function unseenText(
  { tokenization, withoutTokens = 0 }: Pick<DedupeResult, 'tokenization' | 'withoutTokens'>,
  rows: number,
): string {
  if (withoutTokens === 0) return '';
  const unseen = `${withoutTokens} of ${rows} instructions have no a-z or 0-9, and so no token for the reference’s ROUGE-L`;
  return tokenization === 'unicode'
    ? `${unseen}: all were compared by the tokenization "unicode"`
    : `${unseen}: they resemble nothing, and copies of them are kept; the tokenization "unicode" sees them (--tokenization unicode, in a run dedupe.tokenization)`;
}
