import type { GradeAgreement, GradedClasses, GradeFigures } from '../../contracts/filter.ts';
import { usd } from './money-text.ts';

/** `by offline: 2 of 1, 0 of 2, 3 of 3, 10 of 4 and 85 of 5, 1 without a grade` */
export function gradesText({
  judge,
  byGrade,
  ungraded,
}: Pick<GradeFigures, 'judge' | 'byGrade' | 'ungraded'>): string {
  const counts = byGrade.map((rows, index) => `${rows} of ${index + 1}`);
  const without = ungraded === 0 ? '' : `, ${ungraded} without a grade`;
  return `by ${judge}: ${counts.slice(0, -1).join(', ')} and ${counts.at(-1)}${without}`;
}

/** How far a second judge agrees, with 95% intervals; of nothing where no row has both grades. */
export function agreementText({
  judge,
  asked,
  compared,
  exact,
  withinOne,
  kappa,
  kappaInterval,
}: GradeAgreement): string {
  if (exact === null || withinOne === null) return `${judge} gave no grade to ${asked} rows of the sample`;
  const left = asked === compared ? '' : ` (${asked - compared} without a grade left out)`;
  return `with ${judge} on ${compared} rows${left}: the same grade ${shareText(exact)}, within one ${shareText(withinOne)}, quadratic weighted kappa ${kappaText(kappa, kappaInterval)}`;
}

/** What the judge says of classes: how often the offline rule says the same, with 95% intervals. */
export function gradedClassesText({ byClass, unread, same, kappa, kappaInterval }: GradedClasses): string {
  if (same === null) return 'no reply had a class that could be read';
  const counts = Object.entries(byClass)
    .sort(([, one], [, other]) => other - one)
    .map(([name, rows]) => `${rows} ${name}`);
  const left = unread === 0 ? '' : `, ${unread} without one that could be read`;
  return `${counts.join(', ')}${left}; the rule says the same of ${shareText(same)}, kappa ${kappaText(kappa, kappaInterval)}`;
}

function kappaText(kappa: number | null, interval: readonly number[] | null): string {
  if (kappa === null || interval === null) return 'not defined';
  return `${kappa.toFixed(2)} (${interval.map((bound) => bound.toFixed(2)).join(' to ')})`;
}

/** What one of the kept rows cost; null where none was kept. */
export function perRowText(costUsd: number, kept: number): string {
  return kept === 0 ? 'no row was kept' : `${usd(costUsd / kept)} a kept row`;
}

function shareText({ share, interval }: NonNullable<GradeAgreement['exact']>): string {
  const [low, high] = interval.map((bound) => (100 * bound).toFixed(1));
  return `${(100 * share).toFixed(1)}% (${low} to ${high})`;
}
