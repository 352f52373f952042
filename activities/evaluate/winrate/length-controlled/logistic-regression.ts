/** A row of a logistic regression whose label is a probability, not a class. */
export interface Observation {
  features: readonly number[];
  /** the share of label 1, from 0 to 1 */
  probability: number;
  /** how much the row counts */
  weight: number;
}

const MOST_STEPS = 200;
const MOST_SWEEPS = 1000;
/** Steps this small, relative to the coefficients, change no printed digit. */
const TOLERANCE = 1e-13;
/** Below this a Newton step is taken whole: the objective's last digits no longer tell whether it falls. */
const CLOSE = 1e-5;

/**
 * The coefficients w, one a feature and no intercept, that minimise
 *
 *   |w|_1 + C sum_i weight_i (p_i log(1 + exp(-x_i w)) + (1 - p_i) log(1 + exp(x_i w)))
 *
 * which is liblinear's L1-regularised logistic regression, as scikit-learn calls it (`penalty="l1"`), over
 * rows that stand in it twice, once with each label. Solved to the last digits by proximal Newton steps, each
 * of them a quadratic with the same penalty (Yuan, Ho and Lin 2012); liblinear stops at a tolerance of 1e-4.
 */
export function fitLogisticRegression(observations: readonly Observation[], c: number): number[] {
  const size = observations[0]?.features.length ?? 0;
  let coefficients = new Array<number>(size).fill(0);
  let objective = objectiveAt(observations, coefficients, c);
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const { gradient, hessian } = curvatureAt(observations, coefficients, c);
    const direction = penalizedNewtonStep(gradient, hessian, coefficients);
    const next = descend(observations, coefficients, direction, objective, c);
    if (next === null) return coefficients;
    const moved = Math.max(...next.coefficients.map((value, j) => Math.abs(value - (coefficients[j] ?? 0))));
    ({ coefficients, objective } = next);
    if (moved <= TOLERANCE * (1 + Math.max(...coefficients.map(Math.abs)))) return coefficients;
  }
  return coefficients;
}

/** P(label 1) of a row under the coefficients. */
export function predictProbability(coefficients: readonly number[], features: readonly number[]): number {
  return logistic(dot(coefficients, features));
}

function objectiveAt(rows: readonly Observation[], coefficients: readonly number[], c: number): number {
  let loss = 0;
  for (const { features, probability, weight } of rows) {
    const score = dot(coefficients, features);
    loss += weight * (probability * softplus(-score) + (1 - probability) * softplus(score));
  }
  return c * loss + coefficients.reduce((sum, value) => sum + Math.abs(value), 0);
}

interface Curvature {
  gradient: number[];
  hessian: number[][];
}

/** First and second derivatives of the loss, the penalty left out. */
function curvatureAt(rows: readonly Observation[], coefficients: readonly number[], c: number): Curvature {
  const gradient = coefficients.map(() => 0);
  const hessian = coefficients.map(() => coefficients.map(() => 0));
  for (const { features, probability, weight } of rows) {
    const predicted = predictProbability(coefficients, features);
    const slope = c * weight * (predicted - probability);
    const bend = c * weight * predicted * (1 - predicted);
    for (const [j, x] of features.entries()) {
      gradient[j] = (gradient[j] ?? 0) + slope * x;
      const row = hessian[j] ?? [];
      for (const [k, y] of features.entries()) row[k] = (row[k] ?? 0) + bend * x * y;
    }
  }
  return { gradient, hessian };
}

/** Minimises g d + d H d / 2 + |w + d|_1 over d, one coordinate after the other until none moves. */
function penalizedNewtonStep(
  gradient: readonly number[],
  hessian: readonly (readonly number[])[],
  coefficients: readonly number[],
): number[] {
  const step = coefficients.map(() => 0);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep += 1) {
    let moved = 0;
    for (const [j, row] of hessian.entries()) {
      const before = step[j] ?? 0;
      const bend = row[j] ?? 0;
      const current = coefficients[j] ?? 0;
      const slope = (gradient[j] ?? 0) + dot(row, step) - bend * before;
      // A feature that is zero in every row has no bend: the penalty alone decides.
      step[j] = bend === 0 ? -current : softThreshold(current - slope / bend, 1 / bend) - current;
      moved = Math.max(moved, Math.abs((step[j] ?? 0) - before));
    }
    if (moved <= TOLERANCE) break;
  }
  return step;
}

/** Halves the step until the objective falls; null where it no longer does: the minimum is reached. */
function descend(
  rows: readonly Observation[],
  coefficients: readonly number[],
  direction: readonly number[],
  objective: number,
  c: number,
): { coefficients: number[]; objective: number } | null {
  const close = Math.max(...direction.map(Math.abs)) <= CLOSE;
  for (let share = 1; share > 1e-10; share /= 2) {
    const moved = coefficients.map((value, j) => value + share * (direction[j] ?? 0));
    const reached = objectiveAt(rows, moved, c);
    if (reached < objective || close) return { coefficients: moved, objective: reached };
  }
  return null;
}

function softThreshold(value: number, threshold: number): number {
  return Math.sign(value) * Math.max(0, Math.abs(value) - threshold);
}

function dot(left: readonly number[], right: readonly number[]): number {
  let sum = 0;
  for (const [index, value] of left.entries()) sum += value * (right[index] ?? 0);
  return sum;
}

function logistic(score: number): number {
  return 1 / (1 + Math.exp(-score));
}

/** log(1 + exp(x)) without overflow */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
