import type { GradeAgreement } from '../../../workflows/contracts/filter.ts';
import { NORMAL_95, wilsonInterval } from '../../evaluate/winrate/interval.ts';

/** How far two judges agree on grades of the same rows, and how far beyond what chance would give them. */

const GRADES = [1, 2, 3, 4, 5];

/** A disagreement counts by the square of how far it goes. */
const weight = (one: number, other: number) => 1 - ((one - other) / (GRADES.length - 1)) ** 2;

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
    ...weightedKappa(pairs),
  };
}

/**
 * Quadratic weighted kappa (Cohen 1968), with the interval by its large-sample standard error (Fleiss, Cohen and Everitt
 * 1969, "Large sample standard errors of kappa and weighted kappa"). Null where both gave one and the same grade
 * throughout, or nothing was compared.
 */
function weightedKappa(
  pairs: readonly (readonly [number, number])[],
): Pick<GradeAgreement, 'kappa' | 'kappaInterval'> {
  const n = pairs.length;
  const shareOfFirst = sharesOf(pairs.map(([first]) => first));
  const shareOfSecond = sharesOf(pairs.map(([, second]) => second));
  const observed = sum(pairs.map(([first, second]) => weight(first, second))) / n;
  const meanWeight = (grade: number, shares: ReadonlyMap<number, number>) =>
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

function sharesOf(grades: readonly number[]): Map<number, number> {
  const of = (grade: number) => grades.filter((found) => found === grade).length / grades.length;
  return new Map(GRADES.map((grade) => [grade, of(grade)]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
