import { mean, sampleStandardDeviation } from 'simple-statistics';
import { AlpacaError } from '../../../errors.ts';
import { FOLDS, fitCrossValidated } from './cross-validation.ts';
import { type Observation, predictProbability } from './logistic-regression.ts';
import type { GamedRow } from './side-files.ts';

/**
 * AlpacaEval's names for what the fit takes into account. `v1` is what its leaderboard shows; `noreg` leaves
 * out the gamed baselines, `minimal` the instructions' difficulties too.
 */
export const LENGTH_CONTROLS = [
  'length_controlled_v1',
  'length_controlled_noreg',
  'length_controlled_minimal',
] as const;
export type LengthControl = (typeof LENGTH_CONTROLS)[number];

/** What the fit needs of an annotation. */
export interface LengthAnnotation {
  output_1: string;
  output_2: string;
  generator_1: string;
  generator_2: string;
  /** of `output_2`, from 0 to 1; null where the pair was not annotated */
  share: number | null;
}

export interface SideFiles {
  gamed: readonly GamedRow[] | null;
  /** by the instruction's place in the annotation file */
  difficulty: ReadonlyMap<number, number> | null;
}

export interface LengthControlledWinRate {
  control: LengthControl;
  /** in percent: what the win rate would be were answers equally long */
  winRate: number;
  /** in percent */
  standardError: number;
  coefficients: { length: number; difficulty: number; model: number };
  /** the inverse penalty that cross-validation chose; null where a model met itself and nothing was fitted */
  c: number | null;
}

/** The gamed baselines' share of a row's weight in all; there are two of them. */
const GAMED_WEIGHT = 0.2 / 2;

/**
 * The length-controlled win rate of `output_2` (Dubois and others 2024, and AlpacaEval's `glm_winrate.py`): a
 * logistic regression of the preference on tanh of the standardised difference of lengths, on the
 * instruction's difficulty and on the model; then the mean prediction with the difference set to zero.
 *
 * @throws AlpacaError InvalidInput where a side file is needed and missing, or the annotations are of more
 *   than one model or too few
 */
export function lengthControlledWinRate(
  annotations: readonly LengthAnnotation[],
  control: LengthControl,
  sides: SideFiles,
): LengthControlledWinRate {
  requireSideFiles(control, sides);
  const [baseline, model] = generatorsOf(annotations);
  if (baseline === model) return againstItself(control);
  const difficulties = difficultiesOf(annotations.length, control, sides);
  const judged = observationsOf(annotations, difficulties);
  const gamed = control === 'length_controlled_v1' ? gamedObservations(sides.gamed ?? []) : [];
  const rows = [...gamed, ...judged];
  if (judged.length === 0 || rows.length < FOLDS) {
    throw new AlpacaError('InvalidInput', `${judged.length} judged pairs are too few for a fit.`, {
      remedy: `Give at least ${FOLDS}; hundreds are needed for a figure that means something.`,
    });
  }
  const { coefficients, c } = fitCrossValidated(rows);
  const predicted = difficulties.map((difficulty) => predictProbability(coefficients, [0, difficulty, 1]));
  const [length = 0, difficulty = 0, ofModel = 0] = coefficients;
  return {
    control,
    winRate: 100 * mean(predicted),
    standardError: predicted.length < 2 ? 0 : 100 * standardErrorOf(predicted),
    coefficients: { length, difficulty, model: ofModel },
    c,
  };
}

function requireSideFiles(control: LengthControl, { gamed, difficulty }: SideFiles): void {
  if (control === 'length_controlled_v1' && gamed === null) {
    throw new AlpacaError(
      'InvalidInput',
      `${control} needs the judgements of the gamed baselines, AlpacaEval's df_gamed.csv.`,
      { remedy: 'Give its path with --gamed-baselines, or use --length-controlled length_controlled_noreg.' },
    );
  }
  if (control === 'length_controlled_noreg' && difficulty === null && gamed === null) {
    throw new AlpacaError(
      'InvalidInput',
      `${control} needs the instructions' difficulties, AlpacaEval's instruction_difficulty.csv.`,
      {
        remedy:
          'Give its path with --instruction-difficulty, or use --length-controlled length_controlled_minimal, which needs no side file.',
      },
    );
  }
}

function generatorsOf(annotations: readonly LengthAnnotation[]): [baseline: string, model: string] {
  const [first] = annotations;
  const other = annotations.find(
    ({ generator_1, generator_2 }) =>
      generator_1 !== first?.generator_1 || generator_2 !== first?.generator_2,
  );
  if (first && !other) return [first.generator_1, first.generator_2];
  throw new AlpacaError(
    'InvalidInput',
    other ? 'The annotations compare more than one pair of models.' : 'There are no annotations.',
    { remedy: 'Give the annotations of one model against one baseline.' },
  );
}

/** By place in the file: zero for all where the fit knows no difficulty, which leaves the term out. */
function difficultiesOf(count: number, control: LengthControl, { gamed, difficulty }: SideFiles): number[] {
  if (control === 'length_controlled_minimal') return new Array<number>(count).fill(0);
  const known = difficulty ?? new Map((gamed ?? []).map((row) => [row.index, row.difficulty]));
  return Array.from({ length: count }, (_, index) => {
    const found = known.get(index);
    if (found !== undefined) return found;
    throw new AlpacaError('InvalidInput', `There is no difficulty for instruction ${index}.`, {
      remedy: 'Annotations must be of the evaluation set that the side file is of, in its order.',
    });
  });
}

function gamedObservations(gamed: readonly GamedRow[]): Observation[] {
  return gamed.flatMap(({ share, lengthDifference, difficulty }) =>
    share === null
      ? []
      : [
          {
            features: [Math.tanh(lengthDifference), difficulty, 0],
            probability: share,
            weight: GAMED_WEIGHT,
          },
        ],
  );
}

function observationsOf(
  annotations: readonly LengthAnnotation[],
  difficulties: readonly number[],
): Observation[] {
  const differences = annotations.map(
    ({ output_1, output_2 }) => codePoints(output_1) - codePoints(output_2),
  );
  const deviation = differences.length < 2 ? 0 : sampleStandardDeviation(differences);
  return annotations.flatMap(({ share }, index) => {
    if (share === null) return [];
    const difference = deviation === 0 ? 0 : (differences[index] ?? 0) / deviation;
    return [
      {
        features: [Math.tanh(difference), difficulties[index] ?? 0, 1],
        probability: share,
        weight: 1,
      },
    ];
  });
}

/** As Python counts: a character beyond the Basic Multilingual Plane is one. */
function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function againstItself(control: LengthControl): LengthControlledWinRate {
  return {
    control,
    winRate: 50,
    standardError: 0,
    coefficients: { length: 0, difficulty: 0, model: 0 },
    c: null,
  };
}

function standardErrorOf(values: readonly number[]): number {
  return sampleStandardDeviation(values) / Math.sqrt(values.length);
}
