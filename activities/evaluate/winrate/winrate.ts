import { mean, sampleStandardDeviation } from 'simple-statistics';
import { type Interval, NORMAL_95, signTest, wilsonInterval } from './interval.ts';

/** Whom one reading of a pair preferred; `unreadable` where the judge gave no verdict that can be read. */
export type Verdict = 'A' | 'B' | 'tie' | 'unreadable';

/** A pair judged twice: once with A's answer shown first, once with B's. */
export interface JudgedPair {
  aFirst: Verdict;
  bFirst: Verdict;
}

export interface WinRate {
  n: number;
  wins: number;
  losses: number;
  ties: number;
  /** (wins + ties / 2) / n in percent; 50 where there is no pair */
  winRate: number;
  /** in percent: sample standard deviation of the preferences over the root of n; 0 for fewer than two pairs */
  standardError: number;
  /** 95%, in percent */
  interval: Interval;
  /** two-sided, of the paired sign test over wins and losses */
  pValue: number;
}

/** True where the judge did not say the same in both orders. */
export function disagrees(pair: JudgedPair): boolean {
  return pair.aFirst !== pair.bFirst;
}

/**
 * What a pair counts as, in AlpacaEval's scale where A is the second answer: 2 when A wins in both orders,
 * 1 when B does, 1.5 for a tie. Orders that disagree, and verdicts that cannot be read, make a tie.
 */
export function preferenceOf(pair: JudgedPair): number {
  if (disagrees(pair)) return 1.5;
  if (pair.aFirst === 'A') return 2;
  return pair.aFirst === 'B' ? 1 : 1.5;
}

/**
 * The win rate of AlpacaEval's `output_2` from its annotations' preferences: 1 to 2, where graded ones
 * between 1 and 2 weigh as they are; 0 is an old spelling of a tie; anything else was not annotated and is
 * left out. Win rate and standard error are those that AlpacaEval prints (its `AbsoluteScoringRule`: the
 * mean of preference - 1, and pandas' `sem`).
 */
export function winRateOf(preferences: Iterable<number | null>): WinRate {
  const shares: number[] = [];
  for (const preference of preferences) {
    const share = (preference === 0 ? 1.5 : (preference ?? Number.NaN)) - 1;
    if (share >= 0 && share <= 1) shares.push(share);
  }
  const n = shares.length;
  const wins = shares.filter((share) => share > 0.5).length;
  const losses = shares.filter((share) => share < 0.5).length;
  const rate = n === 0 ? 0.5 : mean(shares);
  const error = n < 2 ? 0 : sampleStandardDeviation(shares) / Math.sqrt(n);
  return {
    n,
    wins,
    losses,
    ties: n - wins - losses,
    winRate: 100 * rate,
    standardError: 100 * error,
    interval: intervalOf(rate, error, n),
    pValue: signTest(wins, losses),
  };
}

/**
 * Rate and 1.96 standard errors to each side, within [0, 100]. Where all preferences are equal the sample
 * says nothing of their spread, and Wilson's interval is taken in place of a point.
 */
function intervalOf(rate: number, error: number, n: number): Interval {
  if (error === 0) {
    const [low, high] = wilsonInterval(rate * n, n);
    return [100 * low, 100 * high];
  }
  return [100 * Math.max(0, rate - NORMAL_95 * error), 100 * Math.min(1, rate + NORMAL_95 * error)];
}
