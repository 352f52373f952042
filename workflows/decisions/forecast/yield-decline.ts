import { errorFunction } from 'simple-statistics';
import type { Decline, Estimated, ObservedRequests, Sums } from '../../contracts/progress.ts';

/**
 * How many more requests a target takes, when each brings less than those before it: the more is accepted,
 * the more of what comes resembles it. The model: with A rows accepted a request brings
 *
 *     level x (1 + A / 1000) ^ -decline
 *
 * rows on average, so the requests from A rows to T are an integral that has a closed form. What is known
 * is kept as a distribution over the decline, on a grid, and for each decline the level that fits best: no
 * more than arithmetic, as a workflow needs it.
 */
export interface YieldFit {
  /** requests from `accepted` rows to `target` rows */
  requestsBetween(accepted: number, target: number): Estimated;
  readonly decline: Decline;
}

/** Rows at which the decline is felt: below it hardly anything resembles anything. */
const FELT_AT_ROWS = 1000;

/** ln(1 + A / 1000): the yield is a straight line of it, in logarithms. */
export function growthOf(accepted: number): number {
  return Math.log1p(accepted / FELT_AT_ROWS);
}

/** Requests are counted together while the growth is within one of these. */
export const GROWTH_STEP = 0.25;

/**
 * The decline where nothing was measured. From 0.75 of what is asked, near what the offline teacher gives,
 * it leads to a mean of 0.27 over the original's 52,002 rows (`estimate.ts` says where that is from). How
 * far teachers differ is an assumption, and a wide one: from none at all to twice as fast and more.
 */
export const ASSUMED_DECLINE: Readonly<Decline> = { mean: 0.3235, standardDeviation: 0.2 };

interface GridPoint {
  decline: number;
  /** rows that a request brings while nothing is accepted yet */
  level: number;
  weight: number;
}

/** @returns null where nothing was accepted yet, or on fewer than two requests: no level can be told */
export function fitYield(observed: ObservedRequests, prior: Decline): YieldFit | null {
  const steps = observed.acceptedByGrowth.map(({ step, accepted }) => ({
    growth: (step + 0.5) * GROWTH_STEP,
    accepted,
  }));
  const requests = total(steps, ({ accepted }) => accepted.count);
  const rows = total(steps, ({ accepted }) => accepted.sum);
  if (requests < 2 || rows === 0) return null;
  const points = gridOf(prior).map((decline) => {
    const exposure = total(steps, ({ growth, accepted }) => accepted.count * Math.exp(-decline * growth));
    const level = rows / exposure;
    const logLikelihood =
      rows * Math.log(level) - decline * total(steps, ({ growth, accepted }) => growth * accepted.sum);
    return { decline, level, logLikelihood };
  });
  const best = points.reduce((a, b) => (b.logLikelihood > a.logLikelihood ? b : a));
  const spread = dispersion(steps, best, requests);
  const weighed = points.map(({ decline, level, logLikelihood }) => ({
    decline,
    level,
    weight: Math.exp((logLikelihood - best.logLikelihood) / spread) * priorWeight(decline, prior),
  }));
  return fitOf(weighed, Math.sqrt(spread / rows), spread, studentFactor(requests - 1));
}

/**
 * A fit of what is assumed and not measured.
 *
 * @param logDeviation the standard deviation of the level's logarithm
 */
export function assumedYield(level: number, logDeviation: number, prior: Decline): YieldFit {
  const points = gridOf(prior).map((decline) => ({ decline, level, weight: priorWeight(decline, prior) }));
  return fitOf(points, logDeviation, level, 1);
}

/**
 * @param levelDeviation of the level's logarithm
 * @param spread variance over mean of the rows that single requests bring (1 for a Poisson count)
 */
function fitOf(
  unweighed: readonly GridPoint[],
  levelDeviation: number,
  spread: number,
  widening: number,
): YieldFit {
  const whole = total(unweighed, ({ weight }) => weight);
  const points = unweighed.map((point) => ({ ...point, weight: point.weight / whole }));
  const rowsOfOne = total(points, ({ level, weight }) => weight * level);
  const mean = total(points, ({ decline, weight }) => weight * decline);
  const variance = total(points, ({ decline, weight }) => weight * (decline - mean) ** 2);
  return {
    decline: { mean, standardDeviation: Math.sqrt(variance) },
    requestsBetween(accepted, target) {
      if (target <= accepted) return { value: 0, low: 0, high: 0 };
      // The level is uncertain, and the requests to come scatter about it.
      const deviation =
        widening * Math.hypot(levelDeviation, Math.sqrt(spread / Math.max(target - accepted, rowsOfOne)));
      const parts = points.map(({ decline, level, weight }) => ({
        weight,
        logarithm: Math.log(requestsFor(accepted, target, level, decline)),
      }));
      const quantile = (share: number) => Math.exp(mixtureQuantile(parts, deviation, share));
      return { value: quantile(0.5), low: quantile(0.025), high: quantile(0.975) };
    },
  };
}

/** The integral of 1 / yield from `accepted` to `target` rows. */
function requestsFor(accepted: number, target: number, level: number, decline: number): number {
  const power = 1 + decline;
  const grown = (rows: number) => Math.exp(power * growthOf(rows));
  return (FELT_AT_ROWS / (level * power)) * (grown(target) - grown(accepted));
}

const GRID_POINTS = 61;
const GRID_DEVIATIONS = 4;
/** At -1 a target would be reached in no time. */
const LEAST_DECLINE = -0.9;

function gridOf({ mean, standardDeviation }: Decline): number[] {
  return Array.from({ length: GRID_POINTS }, (_, point) => {
    const deviations = GRID_DEVIATIONS * ((2 * point) / (GRID_POINTS - 1) - 1);
    return Math.max(LEAST_DECLINE, mean + deviations * standardDeviation);
  });
}

function priorWeight(decline: number, { mean, standardDeviation }: Decline): number {
  return Math.exp(-0.5 * ((decline - mean) / standardDeviation) ** 2);
}

/** Pearson's estimate of variance over mean, about what the best fit expects of each request. */
function dispersion(
  steps: readonly { growth: number; accepted: Sums }[],
  { decline, level }: { decline: number; level: number },
  requests: number,
): number {
  const pearson = total(steps, ({ growth, accepted }) => {
    const expected = level * Math.exp(-decline * growth);
    return (accepted.squares - 2 * expected * accepted.sum + accepted.count * expected ** 2) / expected;
  });
  return Math.max(LEAST_DISPERSION, pearson / (requests - 1));
}

/** Ten requests alike by chance do not make the next ones certain. */
const LEAST_DISPERSION = 0.1;

function mixtureQuantile(
  parts: readonly { logarithm: number; weight: number }[],
  deviation: number,
  share: number,
): number {
  let low = Math.min(...parts.map(({ logarithm }) => logarithm)) - 6 * deviation;
  let high = Math.max(...parts.map(({ logarithm }) => logarithm)) + 6 * deviation;
  for (let halving = 0; halving < 40; halving += 1) {
    const middle = (low + high) / 2;
    const below = total(
      parts,
      ({ logarithm, weight }) => weight * normalShareBelow((middle - logarithm) / deviation),
    );
    if (below < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function normalShareBelow(deviations: number): number {
  return (1 + errorFunction(deviations / Math.SQRT2)) / 2;
}

/** The 97.5% quantile of the standard normal distribution. */
const NORMAL_95 = 1.959963984540054;

/** How much wider Student's 95% interval is than the normal one, on so many degrees of freedom. */
function studentFactor(degrees: number): number {
  return student95(degrees) / NORMAL_95;
}

/**
 * The 97.5% quantile of Student's t: what a two-sided 95% interval of a mean is made with. By Fisher's
 * expansion about the normal quantile (Abramowitz and Stegun, 26.7.5): within 0.2% from 5 degrees on;
 * exact values for fewer.
 */
export function student95(degrees: number): number {
  const few = FEW_DEGREES[Math.max(1, degrees) - 1];
  if (few !== undefined) return few;
  const z = NORMAL_95;
  const terms = [
    z,
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
  ];
  return terms.reduce((sum, term, power) => sum + term / degrees ** power, 0);
}

const FEW_DEGREES = [12.7062, 4.3027, 3.1824, 2.7764];

function total<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}
