import type { EvaluateResult } from '../../contracts/evaluate.ts';

type ExactMatch = NonNullable<EvaluateResult['exactMatch']>;

/**
 * `24 of 204 (95% interval 8% to 17%)`
 *
 * @param what rows are of, behind their number
 */
export function exactMatchText(
  { right, rows, interval: [low, high] }: Pick<ExactMatch, 'right' | 'rows' | 'interval'>,
  what = '',
): string {
  const shares = [low, high].map((share) => `${(share * 100).toFixed(0)}%`);
  return `${right} of ${[rows, what].filter(Boolean).join(' ')} (95% interval ${shares.join(' to ')})`;
}
