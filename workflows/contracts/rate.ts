import { z } from 'zod';
import { artifactReference, dataSource } from './data.ts';
import { runSettings } from './run.ts';

/**
 * A blind comparison by people. `rate` pairs the answers, opens one seat for each rater wanted, and counts;
 * `rater` is one person's ballot. An item is what is voted on at once: a pair of answers, or in the mode
 * `abcd` a single answer.
 */

/** More is no work for people. */
const MOST_RATERS = 500;
export const MOST_ITEMS = 1_000_000;
/** A ballot goes whole from run to run of its workflow, and to the pages: a payload has 2 MiB. */
export const MOST_ASSIGNED = 50_000;

const ratingMode = z.enum(['pairwise', 'abcd']);
export type RatingMode = z.infer<typeof ratingMode>;

export const rateInput = z
  .strictObject({
    ...runSettings.shape,
    a: dataSource
      .default('builtin')
      .describe(
        'Answers in AlpacaEval’s model_outputs form, or Self-Instruct’s; `builtin`: the shipped references',
      ),
    b: dataSource
      .nullable()
      .default('builtin')
      .describe('The answers they are compared with; in the mode abcd it may be null'),
    instructions: dataSource
      .nullable()
      .default(null)
      .describe('Only these instructions are rated; null: all that are answered'),
    mode: ratingMode
      .default('pairwise')
      .describe('Which of two answers is better, or Self-Instruct’s grade A to D of single answers'),
    raters: z.int().min(1).max(MOST_RATERS).default(1).describe('How many people are to rate'),
    itemsPerRater: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe('The most pairs (abcd: answers) for one rater; null: as many as there are'),
    votesPerItem: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe('The most raters for one pair (abcd: answer); null: as many as there are'),
    deadline: z.iso
      .datetime()
      .nullable()
      .default(null)
      .describe('When the votes so far are counted; null waits for every rater, however long'),
  })
  .refine(({ mode, b }) => mode === 'abcd' || b !== null, {
    path: ['b'],
    error: 'a pairwise comparison needs two sets of answers',
  });
export type RateInput = z.infer<typeof rateInput>;

/** What the assignment of items to raters is a function of. */
const assignmentPlan = z.strictObject({
  seed: z.int(),
  items: z.int().min(0).max(MOST_ITEMS),
  raters: z.int().min(1).max(MOST_RATERS),
  itemsPerRater: z.int().min(1).nullable(),
  votesPerItem: z.int().min(1).nullable(),
});
export type AssignmentPlan = z.infer<typeof assignmentPlan>;

/** `first` and `second` are the answers as this rater sees them. `open`: a vote that was taken back. */
export const choice = z.enum(['first', 'second', 'tie', 'A', 'B', 'C', 'D', 'skip', 'open']);
export type Choice = z.infer<typeof choice>;

export const CHOICES: Readonly<Record<RatingMode, readonly Choice[]>> = {
  pairwise: ['first', 'second', 'tie', 'skip', 'open'],
  abcd: ['A', 'B', 'C', 'D', 'skip', 'open'],
};

/** One letter of a ballot for each choice. */
export const BALLOT_LETTERS: Readonly<Record<Choice, string>> = {
  first: '1',
  second: '2',
  tie: '=',
  A: 'A',
  B: 'B',
  C: 'C',
  D: 'D',
  skip: '-',
  open: '.',
};

/**
 * A vote on the item at a place of the rater's own list, counted from 0. The first vote on an item is
 * revision 1; whoever changes it sends the next. The first vote of a revision stands.
 */
const vote = z.strictObject({
  item: z.int().min(0),
  revision: z.int().min(1).max(1_000_000),
  choice,
});
export type Vote = z.infer<typeof vote>;

/** Votes are sent alone or, after a break in the connection, several at once. */
const MOST_VOTES_AT_ONCE = 64;
export const votes = z.array(vote).min(1).max(MOST_VOTES_AT_ONCE);

/** What stands after a vote: the vote itself, or what was there before it. */
export interface VoteAnswer {
  standing: Vote[];
  /** items with a vote or skipped */
  rated: number;
}

/** A rater's votes, compact: a letter for each item of the list, and how often each was voted on. */
export const ballot = z.strictObject({ letters: z.string(), revisions: z.array(z.int().min(0)) });
export type Ballot = z.infer<typeof ballot>;

const seatState = z.enum(['waiting', 'rating', 'finished', 'closed']);

/** What a rater reports, on the way and at the end: the votes so far. */
export const ballotReport = z.strictObject({
  rater: z.int().min(0),
  letters: z.string(),
  state: seatState.exclude(['waiting']),
});
export type BallotReport = z.infer<typeof ballotReport>;

export const raterInput = z.strictObject({
  mode: ratingMode.default('pairwise'),
  comparison: artifactReference.nullable().default(null).describe('The answers, paired'),
  plan: assignmentPlan.prefault({ seed: 0, items: 0, raters: 1, itemsPerRater: null, votesPerItem: null }),
  rater: z.int().min(0).default(0).describe('Which rater of the plan this is, from 0'),
  assigned: z
    .int()
    .min(0)
    .max(MOST_ASSIGNED)
    .default(0)
    .describe('How many items the plan gives to this rater'),
  updatesPerRun: z
    .int()
    .min(1)
    .max(1500)
    .default(1000)
    .describe('Updates taken before continuing as new; a server takes 2,000 of one run'),
});
export type RaterInput = z.infer<typeof raterInput>;

export const raterResult = z.strictObject({
  letters: z.string().describe('A letter for each item, in the order in which this rater saw them'),
  finished: z.boolean().describe('False where the comparison was closed before the rater was done'),
});
export type RaterResult = z.infer<typeof raterResult>;

/** What the query `rater` of a `rater` answers. */
export interface RaterView {
  mode: RatingMode;
  comparison: z.infer<typeof artifactReference> | null;
  plan: AssignmentPlan;
  rater: number;
  assigned: number;
  ballot: Ballot;
  finished: boolean;
}

/** One rater of a comparison as the query `rating` of `rate` shows it. */
export interface Seat {
  rater: number;
  /** the last part of the rater's link, and of the workflow's id; nobody can guess it */
  key: string;
  /** what the web service knows a browser by that came by the start page; null for a link that was handed out */
  name: string | null;
  assigned: number;
  /** as last reported */
  letters: string;
  state: z.infer<typeof seatState>;
}

export interface RatingView {
  state: 'preparing' | 'open' | 'counting' | 'counted';
  mode: RatingMode;
  plan: AssignmentPlan | null;
  seats: Seat[];
}

const count = z.int().min(0);
const interval = z.tuple([z.number(), z.number()]);
const tally = z.strictObject({ wins: count, losses: count, ties: count });
const grades = z.strictObject({ A: count, B: count, C: count, D: count });

/** How far raters agree beyond chance. */
const agreement = z.strictObject({
  method: z.enum(['cohen', 'fleiss']).describe('Cohen’s kappa for two raters, Fleiss’ for more'),
  kappa: z.number().nullable().describe('Null where it is undefined: all votes in one category'),
  items: count.describe('Items with at least two votes, which it is computed from'),
});
export type Agreement = z.infer<typeof agreement>;

const ratingTally = z.strictObject({
  mode: ratingMode,
  items: count,
  votes: count.describe('Without skips'),
  skips: count,
  summary: z.string().describe('In the original’s form: A wins 90, B wins 89, 0 ties'),
  pairwise: z
    .strictObject({
      ...tally.shape,
      majorities: tally.describe('The same by item: which answer most of its raters preferred'),
      winRate: z
        .number()
        .nullable()
        .describe('Percent: the mean over items of (wins + ties / 2) / votes; null without votes'),
      standardError: z.number().nullable(),
      interval: interval.nullable(),
      pValue: z.number().describe('Of the sign test over items that were not tied'),
    })
    .nullable(),
  grades: z.strictObject({ a: grades, b: grades.nullable() }).nullable(),
  agreement: agreement.nullable().describe('Null where no item has two votes'),
});
export type RatingTally = z.infer<typeof ratingTally>;

export const rateResult = z.strictObject({
  ...ratingTally.shape,
  raters: z.strictObject({ wanted: count, finished: count }),
  comparison: artifactReference.describe('What was compared: a pair a line'),
  annotations: artifactReference.describe(
    'Every vote; pairwise in AlpacaEval’s form, which `alpaca winrate` reads',
  ),
});
export type RateResult = z.infer<typeof rateResult>;

export interface RatingActivities {
  /**
   * Pairs the answers, and says how many items each rater gets.
   *
   * @param input.run the comparison's first run: keys are a function of it, so that a reset finds the same raters
   */
  prepareComparison(input: { rate: RateInput; run: string }): Promise<{
    comparison: z.infer<typeof artifactReference>;
    plan: AssignmentPlan;
    /** of each rater of the plan, in order */
    seats: Pick<Seat, 'key' | 'assigned'>[];
  }>;
  countVotes(input: {
    mode: RatingMode;
    comparison: z.infer<typeof artifactReference>;
    plan: AssignmentPlan;
    /** one for each rater of the plan, in order */
    ballots: string[];
  }): Promise<RatingTally & Pick<RateResult, 'annotations'>>;
}
