import type { Sums } from '../../contracts/progress.ts';

export function noSums(): Sums {
  return { count: 0, sum: 0, squares: 0 };
}

export function addTo(into: Sums, value: number): void {
  into.count += 1;
  into.sum += value;
  into.squares += value * value;
}
