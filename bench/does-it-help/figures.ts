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
