/** The 97.5% quantile of the standard normal distribution: what a two-sided 95% interval is made with. */
export const NORMAL_95 = 1.959963984540054;

export type Interval = [low: number, high: number];

/**
 * Wilson's 95% score interval for a proportion, from 0 to 1. Unlike the normal approximation it stays
 * within bounds and does not shrink to a point where all or none succeeded (Wilson 1927; Brown, Cai and
 * DasGupta 2001 recommend it for small n). Successes may be halves: a tie is half a win. With no trials
 * nothing is known, and the interval is [0, 1].
 */
export function wilsonInterval(successes: number, trials: number): Interval {
  if (trials === 0) return [0, 1];
  const rate = successes / trials;
  const z2 = NORMAL_95 ** 2;
  const centre = (rate + z2 / (2 * trials)) / (1 + z2 / trials);
  const half =
    (NORMAL_95 / (1 + z2 / trials)) * Math.sqrt((rate * (1 - rate)) / trials + z2 / (4 * trials ** 2));
  return [
    successes === 0 ? 0 : Math.max(0, centre - half),
    successes === trials ? 1 : Math.min(1, centre + half),
  ];
}

/**
 * Two-sided p-value of the paired sign test: how often a fair coin would be at least as far from even as
 * `wins` to `losses`. Ties carry no information and are left out. 1 where there is nothing to count.
 */
export function signTest(wins: number, losses: number): number {
  const tosses = wins + losses;
  const fewer = Math.min(wins, losses);
  let logTerm = -tosses * Math.LN2;
  let tail = 0;
  for (let heads = 0; heads <= fewer; heads += 1) {
    tail += Math.exp(logTerm);
    logTerm += Math.log(tosses - heads) - Math.log(heads + 1);
  }
  return Math.min(1, 2 * tail);
}
