export interface Histogram {
  /** bar i counts values in [i x width, (i + 1) x width) */
  width: number;
  bars: number[];
  /** values beyond the last bar */
  beyond: number;
  mean: number;
  median: number;
  most: number;
}

/** Counts whole numbers in bars of a round width up to the 99th percentile, about `bars` of them. */
export function histogramOfCounts(values: readonly number[], bars = 30): Histogram {
  const sorted = ascending(values);
  const end = quantile(sorted, 0.99) + 1;
  const width = roundUp(Math.max(1, end / bars));
  return fill(sorted, width, Math.ceil(end / width));
}

/** Counts shares from 0 to 1 in twenty bars of 0.05; 1 itself falls in the last. */
export function histogramOfShares(values: readonly number[]): Histogram {
  const { beyond, ...counted } = fill(ascending(values), 0.05, 20);
  return { ...counted, bars: counted.bars.with(19, (counted.bars[19] ?? 0) + beyond), beyond: 0 };
}

function fill(sorted: readonly number[], width: number, count: number): Histogram {
  const bars = new Array<number>(count).fill(0);
  let beyond = 0;
  let sum = 0;
  for (const value of sorted) {
    // A share such as 0.15 / 0.05 may come out a hair below the whole number.
    const bar = Math.floor(value / width + 1e-9);
    sum += value;
    if (bar < count) bars[bar] = (bars[bar] ?? 0) + 1;
    else beyond += 1;
  }
  return {
    width,
    bars,
    beyond,
    mean: sorted.length === 0 ? 0 : sum / sorted.length,
    median: quantile(sorted, 0.5),
    most: sorted.at(-1) ?? 0,
  };
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((left, right) => left - right);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** The next of ..., 0.5, 1, 2, 5, 10, 20, 50, ... at or above a positive value. */
export function roundUp(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(value));
  return magnitude * ([1, 2, 5, 10].find((step) => step * magnitude >= value) ?? 10);
}
