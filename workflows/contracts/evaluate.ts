import { z } from 'zod';
import { type ArtifactReference, artifactReference, type DataSource, dataSource } from './data.ts';
import { mixSettings } from './run/shares.ts';
import { budgetUsd, type Paying, runSettings, teacherName } from './run.ts';

/** The step `evaluate`: figures of each candidate, and of each pair that was compared. */

/** Whose answers are compared: a model folder or a file of answers, or a teacher profile that is asked. */
const candidateSource = z.union([
  dataSource,
  z.strictObject({
    teacher: teacherName.describe('A teacher profile of the worker’s configuration'),
  }),
]);
export type CandidateSource = z.infer<typeof candidateSource>;

export function isTeacher(source: CandidateSource): source is { teacher: string } {
  return typeof source === 'object' && 'teacher' in source;
}

export const evaluateSettings = z.strictObject({
  judge: teacherName.default('offline').describe('The teacher profile that judges'),
  maxInstructions: z
    .int()
    .min(1)
    .default(48)
    .describe('Evaluation instructions used; each is judged in both orders'),
  verdictTokens: z
    .int()
    .min(16)
    .max(128_000)
    .default(64)
    .describe('The most tokens of a verdict: many more for a judge that thinks before it answers'),
  maxNewTokens: z.int().min(1).max(4096).default(96).describe('The most tokens of an answer'),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .default(0)
    .describe('0 is greedy; the original demo used 0.7 with top_p 0.9'),
  topP: z.number().gt(0).max(1).default(0.9).describe('Nucleus sampling, where the temperature is above 0'),
  others: z
    .array(candidateSource)
    .max(6)
    .default([])
    .describe('Candidates beyond the two models: model folders, files of answers, {"teacher": PROFILE}'),
  pairs: z
    .enum(['first', 'all'])
    .default('first')
    .describe('With more than two candidates: each against the first, or every pair'),
});

const interval = z.tuple([z.number(), z.number()]);

const exactMatch = z.strictObject({ rows: z.int(), right: z.int(), rate: z.number(), interval });

/** A win rate in percent, ties counted half, with its standard error and 95% interval. */
const winRate = {
  wins: z.int(),
  losses: z.int(),
  ties: z.int(),
  /** (wins + ties / 2) / n, in percent, with its standard error and 95% interval; null where no pair was judged */
  winRate: z.number().nullable(),
  standardError: z.number().nullable(),
  interval: interval.nullable(),
};

const pairwise = z.strictObject({
  judge: z.string(),
  instructions: z.int().describe('Pairs that were judged: wins, losses and ties'),
  excluded: z.int().describe('Left out: within the dedupe threshold of a training row'),
  ...winRate,
  /** pairs judged differently in the two orders; each counts as a tie */
  disagreements: z.int(),
  /** two-sided, of the paired sign test over wins and losses */
  pValue: z.number(),
  /** readings in which the judge gave no verdict; their pairs count as nothing */
  unreadable: z.int(),
  /** pairs without a verdict in one of the orders, or in both */
  unjudged: z.int(),
});

/** The instructions of one category: a motivating application, or what the file calls it. */
const categoryResult = z.strictObject({
  category: z.string(),
  n: z.int(),
  ...winRate,
});
export type CategoryResult = z.infer<typeof categoryResult>;

/** One pair of candidates. Wins are those of `a`. */
const comparison = z.strictObject({
  a: z.int().describe('The place in `candidates`, from 0'),
  b: z.int(),
  ...pairwise.shape,
  meanLengthA: z.number().describe('Characters of an answer, beside the win rate: judges like length'),
  meanLengthB: z.number(),
  categories: z.array(categoryResult).describe('The forty largest; none where no instruction has a category'),
  annotations: artifactReference,
});
export type Comparison = z.infer<typeof comparison>;

/** Mean negative log-likelihood in nats per target token, and its exponential. */
const candidateLoss = z.strictObject({ loss: z.number(), perplexity: z.number() });
export type CandidateLoss = z.infer<typeof candidateLoss>;

/** What can be said of a set of answers without a judge. */
const answerFigures = z.strictObject({
  /** characters of an answer, as Unicode counts them */
  meanLength: z.number(),
  /** answers without any text, as where an instruction fills a model's context by itself */
  empty: z.int(),
  /** the mean ROUGE-L F-measure against the reference outputs; null where no instruction has one */
  rougeL: z.strictObject({ rows: z.int(), mean: z.number() }).nullable(),
  /** answers to instructions whose right answer can be computed; null where there is none */
  exactMatch: exactMatch.nullable(),
});
export type AnswerFigures = z.infer<typeof answerFigures>;

const candidateResult = z.strictObject({
  name: z.string(),
  kind: z.enum(['model', 'answers', 'teacher']),
  answers: artifactReference,
  ...answerFigures.shape,
  heldOut: candidateLoss.nullable().describe('Null where it is no model, or there are no held-out rows'),
});
export type CandidateResult = z.infer<typeof candidateResult>;

/** A held-out row, what its output is and what the trained model answers, each cut at a few hundred characters. */
const heldOutAnswer = z.strictObject({
  instruction: z.string(),
  input: z.string(),
  wanted: z.string(),
  got: z.string(),
});
export type HeldOutAnswer = z.infer<typeof heldOutAnswer>;

export const evaluateResult = z.strictObject({
  /** held-out loss in nats per target token; null where there were no held-out rows, or one is no model */
  heldOut: z
    .strictObject({
      rows: z.int(),
      targets: z.int(),
      lossA: z.number(),
      lossB: z.number(),
      /** the loss of modelA when every held-out row is given another row's prompt */
      lossPromptsExchanged: z.number(),
      /** an add-one bigram model of the same targets, counted on the training rows; null without them */
      lossBigram: z.number().nullable(),
      excluded: z
        .int()
        .default(0)
        .describe('Held-out rows left out: the instruction within ROUGE-L 0.7 of a training row’s'),
    })
    .nullable(),
  base: z
    .strictObject({
      isRandom: z.boolean().describe('Its weights are random ones: nothing has trained them'),
      ownFormLoss: z
        .number()
        .nullable()
        .describe(
          'The loss of the same rows in its own chat template, which it was taught; null where it has none of its own',
        ),
    })
    .nullable()
    .default(null)
    .describe('What modelB is; null where it is no model'),
  /** greedy answers of modelA to held-out rows whose right answer can be computed */
  exactMatch: exactMatch.nullable(),
  heldOutAnswers: z
    .array(heldOutAnswer)
    .default([])
    .describe('Ten held-out rows with modelA’s greedy answers; none where it is no model'),
  /** the first comparison */
  pairwise,
  candidates: z.array(candidateResult).default([]).describe('modelA, modelB, and `others` in their order'),
  comparisons: z.array(comparison).default([]),
  /** dollars that judging, and answers of teachers, cost */
  costUsd: z.number(),
  answersA: artifactReference,
  answersB: artifactReference,
  annotations: artifactReference,
});
export type EvaluateResult = z.infer<typeof evaluateResult>;

/**
 * Which candidates are compared, by their places: each after the first with the first, or every pair. The
 * first pair is always (0, 1).
 */
export function comparedPairs(candidates: number, pairs: 'first' | 'all'): [a: number, b: number][] {
  const compared: [number, number][] = [];
  for (let a = 0; a < (pairs === 'all' ? candidates : 1); a += 1)
    for (let b = a + 1; b < candidates; b += 1) compared.push([a, b]);
  return compared;
}

/** A, B, C: what candidates are called, by their place. */
export function candidateLetter(place: number): string {
  return String.fromCharCode(65 + place);
}

export const evaluateInput = z.strictObject({
  ...runSettings.shape,
  ...mixSettings.shape,
  ...evaluateSettings.shape,
  modelA: candidateSource.default('builtin').describe('The trained model, or another candidate'),
  modelB: candidateSource.default('builtin').describe('What it is compared with: the base'),
  instructions: dataSource.default('builtin'),
  tokens: artifactReference.nullable().default(null).describe('The training rows, for the bigram baseline'),
  heldOutTokens: artifactReference.nullable().default(null),
  heldOutRows: artifactReference.nullable().default(null),
  budgetUsd: budgetUsd.describe(
    'Hard cap in dollars for judging and for asking teachers; null only where they are free',
  ),
  trainingRows: artifactReference
    .nullable()
    .default(null)
    .describe('For finding evaluation instructions that training has seen'),
});
export type EvaluateInput = z.infer<typeof evaluateInput>;

/** Who is compared, in the order in which results name them by their places. */
export function candidatesOf({ modelA, modelB, others }: EvaluateInput): CandidateSource[] {
  return [modelA, modelB, ...others];
}

/** A candidate's answers. */
export interface AnsweredInstructions {
  answers: ArtifactReference;
  /** evaluation instructions left out, because training has seen them */
  excluded: number;
  candidate: Pick<CandidateResult, 'name' | 'kind'> & AnswerFigures;
}

export interface EvaluateActivities {
  evaluateHeldOut(input: EvaluateInput): Promise<
    Pick<EvaluateResult, 'heldOut' | 'exactMatch' | 'base'> & {
      /** absent in what earlier versions measured */
      heldOutAnswers?: HeldOutAnswer[];
      /** by the candidates' order; null for what is no model */
      losses: (CandidateLoss | null)[];
    }
  >;
  /** Answers of a model, or from a file: on a machine with a device. */
  answerInstructions(input: { model: DataSource; evaluation: EvaluateInput }): Promise<AnsweredInstructions>;
  /** Answers of a teacher, through the response ledger. */
  askTeacher(
    input: Paying & {
      teacher: string;
      evaluation: EvaluateInput;
      /** the candidate's place: what it pays is told apart from what others of the run pay */
      candidate: number;
    },
  ): Promise<AnsweredInstructions & { costUsd: number }>;
  judgePairs(
    input: Paying & {
      evaluation: EvaluateInput;
      answersA: ArtifactReference;
      answersB: ArtifactReference;
      excluded: number;
      /** the comparison's place, from 0 */
      comparison: number;
    },
  ): Promise<{
    pairwise: EvaluateResult['pairwise'];
    annotations: ArtifactReference;
    costUsd: number;
    beside: Pick<Comparison, 'meanLengthA' | 'meanLengthB' | 'categories'>;
  }>;
}
