import { wilsonInterval } from '../../activities/evaluate/winrate/interval.ts';
import { student95 } from '../../workflows/decisions/forecast/yield-decline.ts';

/** A mean over seeds, and Student's 95% interval of it. */
export interface OverSeeds {
  mean: number;
  low: number;
  high: number;
}

/** @param values one of each seed, two or more */
export function overSeeds(values: readonly number[]): OverSeeds {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const half = student95(values.length - 1) * Math.sqrt(variance / values.length);
  return { mean, low: mean - half, high: mean + half };
}

/** What the one has more than the other, seed by seed. */
export function difference(one: readonly number[], other: readonly number[]): OverSeeds {
  return overSeeds(one.map((value, seed) => value - (other[seed] ?? Number.NaN)));
}

/**
 * The share of right answers: its mean over seeds, and Wilson's 95% interval as if one seed had answered the rows, which are the
 * same for all. Where no seed has one right, seeds do not scatter, and yet little is known.
 */
export function shareOf(answered: readonly { right: number; rows: number }[]): OverSeeds {
  const { mean } = overSeeds(answered.map(({ right }) => right));
  const rows = answered[0]?.rows ?? 0;
  const [low, high] = wilsonInterval(mean, rows);
  return { mean: mean / rows, low, high };
}

/**
 * Which rows come to so many targets and no more: in their order as long as they fit, then any later one that
 * still does.
 *
 * @param targets of each row
 * @returns indices of the rows, ascending
 */
export function rowsWithTargets(targets: readonly number[], most: number): number[] {
  let left = most;
  return targets.flatMap((count, index) => {
    if (count > left) return [];
    left -= count;
    return [index];
  });
}
