import { mean, sampleStandardDeviation } from 'simple-statistics';
import { type Interval, NORMAL_95, signTest, wilsonInterval } from './interval.ts';

export interface WinRate {
  n: number;
  wins: number;
  losses: number;
  ties: number;
  /** (wins + ties / 2) / n in percent; null where there is no pair, as the two below */
  winRate: number | null;
  /** in percent: sample standard deviation of the shares over the root of n; 0 for one pair */
  standardError: number | null;
  /** 95%, in percent */
  interval: Interval | null;
  /** two-sided, of the paired sign test over wins and losses */
  pValue: number;
}

/**
 * The win rate of A from its share of each pair: 0 to 1, where graded ones weigh as they are; null was not
 * judged and is left out. Win rate and standard error are those that AlpacaEval prints (its
 * `AbsoluteScoringRule`: the mean, and pandas' `sem`).
 */
export function winRateOf(judged: Iterable<number | null>): WinRate {
  const shares = [...judged].filter((share) => share !== null);
  const n = shares.length;
  const wins = shares.filter((share) => share > 0.5).length;
  const losses = shares.filter((share) => share < 0.5).length;
  const counts = { n, wins, losses, ties: n - wins - losses, pValue: signTest(wins, losses) };
  if (n === 0) return { ...counts, winRate: null, standardError: null, interval: null };
  const rate = mean(shares);
  const error = n < 2 ? 0 : sampleStandardDeviation(shares) / Math.sqrt(n);
  return {
    ...counts,
    winRate: 100 * rate,
    standardError: 100 * error,
    interval: intervalOf(rate, error, n),
  };
}

/**
 * Rate and 1.96 standard errors to each side, within [0, 100]. Where all shares are equal the sample
 * says nothing of their spread, and Wilson's interval is taken in place of a point.
 */
function intervalOf(rate: number, error: number, n: number): Interval {
  if (error === 0) {
    const [low, high] = wilsonInterval(rate * n, n);
    return [100 * low, 100 * high];
  }
  return [100 * Math.max(0, rate - NORMAL_95 * error), 100 * Math.min(1, rate + NORMAL_95 * error)];
}
