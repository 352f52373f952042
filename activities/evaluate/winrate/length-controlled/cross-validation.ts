import { fitLogisticRegression, type Observation, predictProbability } from './logistic-regression.ts';

/**
 * scikit-learn's default grid of inverse penalties: ten, evenly in the logarithm, from 1e-4 to 1e4, as
 * `numpy.logspace(-4, 4, 10)` has them. Written out, since powers differ in their last digit from one Node to
 * the next.
 */
const INVERSE_PENALTIES: readonly number[] = [
  1e-4, 0.000774263682681127, 0.005994842503189409, 0.046415888336127774, 0.3593813663804626,
  2.782559402207126, 21.54434690031882, 166.81005372000558, 1291.5496650148827, 1e4,
];

export const FOLDS = 5;

export interface CrossValidatedFit {
  coefficients: number[];
  /** the inverse penalty that was chosen */
  c: number;
  /** per inverse penalty, the score summed over the folds: a negative log loss */
  scores: number[];
}

/**
 * Chooses the inverse penalty under which left-out folds are predicted best (the smaller one where two are
 * equal), and fits all rows with it: scikit-learn's `LogisticRegressionCV` over `GroupKFold(5)`, which has every
 * fifth row in one fold.
 */
export function fitCrossValidated(rows: readonly Observation[]): CrossValidatedFit {
  const scores = INVERSE_PENALTIES.map((c) => {
    let score = 0;
    for (let fold = 0; fold < FOLDS; fold += 1) {
      const training = rows.filter((_, index) => index % FOLDS !== fold);
      const leftOut = rows.filter((_, index) => index % FOLDS === fold);
      score -= meanLogLoss(fitLogisticRegression(training, c), leftOut);
    }
    return score;
  });
  const c = INVERSE_PENALTIES[scores.indexOf(Math.max(...scores))] ?? 1;
  return { coefficients: fitLogisticRegression(rows, c), c, scores };
}

/** Predictions are kept this far from 0 and 1, as AlpacaEval does. */
const MARGIN = 1e-15;

function meanLogLoss(coefficients: readonly number[], rows: readonly Observation[]): number {
  let sum = 0;
  for (const { features, probability, weight } of rows) {
    const predicted = predictProbability(coefficients, features);
    const kept = Math.min(1 - MARGIN, Math.max(MARGIN, predicted));
    sum -= weight * (probability * Math.log(kept) + (1 - probability) * Math.log(1 - kept));
  }
  return sum / rows.length;
}
