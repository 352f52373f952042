import type { GenerateInput } from '../../contracts/generate.ts';
import type { ReachedShare } from '../../contracts/run/shares.ts';

/** The shares that a run is to have, and the rows that it has of each: languages first, then classes. */
export function reachedShares(
  { languages, classes }: Pick<GenerateInput, 'languages' | 'classes'>,
  byShare: Readonly<Record<string, number>>,
): ReachedShare[] {
  return Object.entries({ ...languages, ...classes }).map(([name, target]) => ({
    name,
    target: target ?? 0,
    rows: byShare[name] ?? 0,
  }));
}

/** Shares are met within two points. */
const MISSED_BY = 0.02;

/**
 * `en 80.6% of 80%, code 4.4% of 10% (missed)`: what is reached of what is wanted; null where there is nothing to say.
 *
 * @param hasEnded what is far away then is missed
 */
export function sharesText(
  shares: readonly ReachedShare[],
  accepted: number,
  hasEnded: boolean,
): string | null {
  if (shares.length === 0 || accepted === 0) return null;
  const percent = (share: number, digits: number) => `${Number((share * 100).toFixed(digits))}%`;
  return shares
    .map(({ name, target, rows }) => {
      const reached = rows / accepted;
      const isMissed = hasEnded && Math.abs(reached - target) > MISSED_BY;
      return `${name} ${percent(reached, 1)} of ${percent(target, 2)}${isMissed ? ' (missed)' : ''}`;
    })
    .join(', ');
}
