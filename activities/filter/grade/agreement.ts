import type { GradeAgreement, GradedClasses } from '../../../workflows/contracts/filter.ts';
import { NORMAL_95, wilsonInterval } from '../../evaluate/winrate/interval.ts';

/** How far two judges agree on the same rows, and how far beyond what chance would give them. */

/** From 1 to 5. A disagreement counts by the square of how far it goes. */
const byDistance = (one: number, other: number) => 1 - ((one - other) / 4) ** 2;

const bySameness = (one: unknown, other: unknown) => (one === other ? 1 : 0);

/** @param pairs the grades of each row, one of each judge */
export function agreementOf(
  pairs: readonly (readonly [first: number, second: number])[],
): Omit<GradeAgreement, 'judge' | 'asked'> {
  const shareOf = (most: number) => {
    const agreed = pairs.filter(([first, second]) => Math.abs(first - second) <= most).length;
    return { share: agreed / pairs.length, interval: wilsonInterval(agreed, pairs.length) };
  };
  const none = pairs.length === 0;
  return {
    compared: pairs.length,
    exact: none ? null : shareOf(0),
    withinOne: none ? null : shareOf(1),
    ...kappaOf(pairs, byDistance),
  };
}

/** The same of names, of which none lies nearer to another. */
export function sameNames(
  pairs: readonly (readonly [first: string, second: string])[],
): Pick<GradedClasses, 'same' | 'kappa' | 'kappaInterval'> {
  const agreed = pairs.filter(([first, second]) => first === second).length;
  const same = { share: agreed / pairs.length, interval: wilsonInterval(agreed, pairs.length) };
  return { same: pairs.length === 0 ? null : same, ...kappaOf(pairs, bySameness) };
}

/**
 * Weighted kappa (Cohen 1968; without weights his of 1960), with the interval by its large-sample standard error (Fleiss, Cohen and Everitt
 * 1969, "Large sample standard errors of kappa and weighted kappa"). Null where both gave one and the same grade
 * throughout, or nothing was compared.
 */
function kappaOf<Verdict>(
  pairs: readonly (readonly [Verdict, Verdict])[],
  weight: (one: Verdict, other: Verdict) => number,
): Pick<GradeAgreement, 'kappa' | 'kappaInterval'> {
  const n = pairs.length;
  const shareOfFirst = sharesOf(pairs.map(([first]) => first));
  const shareOfSecond = sharesOf(pairs.map(([, second]) => second));
  const observed = sum(pairs.map(([first, second]) => weight(first, second))) / n;
  const meanWeight = (grade: Verdict, shares: ReadonlyMap<Verdict, number>) =>
    sum([...shares].map(([other, share]) => share * weight(grade, other)));
  const expected = sum([...shareOfFirst].map(([grade, share]) => share * meanWeight(grade, shareOfSecond)));
  if (n === 0 || expected === 1) return { kappa: null, kappaInterval: null };
  const kappa = (observed - expected) / (1 - expected);
  const squares = pairs.map(([first, second]) => {
    const byChance = meanWeight(first, shareOfSecond) + meanWeight(second, shareOfFirst);
    return (weight(first, second) - byChance * (1 - kappa)) ** 2;
  });
  const variance = (sum(squares) / n - (kappa - expected * (1 - kappa)) ** 2) / (n * (1 - expected) ** 2);
  const half = NORMAL_95 * Math.sqrt(Math.max(0, variance));
  return { kappa, kappaInterval: [Math.max(-1, kappa - half), Math.min(1, kappa + half)] };
}

function sharesOf<Verdict>(verdicts: readonly Verdict[]): Map<Verdict, number> {
  const counts = new Map<Verdict, number>();
  for (const verdict of verdicts) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return new Map([...counts].map(([verdict, count]) => [verdict, count / verdicts.length]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
