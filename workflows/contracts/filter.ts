import { z } from 'zod';
import { instructionClass } from './data/classes.ts';
import { artifactReference, dataSource } from './data.ts';
import { mixSettings } from './run/shares.ts';
import { budgetUsd, type Paying, runSettings, teacherName, wordTokenization } from './run.ts';

/**
 * The step `filter`: rows that have a fault which costs nothing to find, that overlap what a model is measured by, or that
 * a teacher graded low.
 */

/** What a row is looked at for, in the order in which it is: the first that finds something drops it. */
export const filterRule = z.enum([
  'json',
  'code',
  'arithmetic',
  'refusal',
  'truncated',
  'language',
  'echo',
  'markup',
  'repetition',
  'personal-data',
]);
export type FilterRule = z.infer<typeof filterRule>;

/** How a row overlaps a file: as a whole, in a run of words, or by ROUGE-L. */
const overlapRule = z.enum(['same-text', 'same-words', 'similar-text']);

/** What is asked of a teacher, of the rows that all else kept: its grade, and whether it gave one at all. */
const gradeRule = z.enum(['grade', 'ungraded']);

/** Whatever drops a row. */
export const dropRule = z.enum([...filterRule.options, ...overlapRule.options, ...gradeRule.options]);
export type DropRule = z.infer<typeof dropRule>;

const decontamination = z.strictObject({
  files: z
    .array(dataSource)
    .min(1)
    .max(64)
    .describe('JSONL or JSON arrays of objects with texts; `builtin` is the evaluation instructions'),
  words: z
    .int()
    .min(5)
    .max(100)
    .nullable()
    .default(13)
    .describe('Drop a row with so many words of a text there, one after the other; null does not'),
  rougeL: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .default(0.7)
    .describe(
      'Drop a row whose prompt or input has a ROUGE-L F1 with a text strictly above it; null does not',
    ),
  exact: z
    .boolean()
    .default(true)
    .describe('Drop a row whose prompt, input or instruction is a text there, but for case and punctuation'),
  tokenization: wordTokenization
    .nullable()
    .default(null)
    .describe('What a word is: `rouge` is a-z0-9, `unicode` any script; null goes by the language'),
});
export type Decontamination = z.infer<typeof decontamination>;

const gradeSettings = z.strictObject({
  judge: teacherName.describe('The teacher profile that grades each row from 1 to 5, with a reason'),
  least: z.int().min(1).max(5).default(3).describe('Rows with a lower grade are dropped'),
  ungraded: z
    .enum(['keep', 'drop'])
    .default('keep')
    .describe('What becomes of a row to which the judge’s reply has no grade that can be read'),
  rubric: dataSource
    .default('builtin')
    .describe('A text that says what each grade is for; `builtin` is the package’s'),
  verdictTokens: z
    .int()
    .min(16)
    .max(128_000)
    .default(256)
    .describe('The most tokens of a grade with its reason: many more for a judge that thinks first'),
  classes: z
    .boolean()
    .default(false)
    .describe('The judge says of each instruction which class it is of, too, in the same reply'),
  second: teacherName
    .nullable()
    .default(null)
    .describe(
      'A profile of another model that grades a sample too, to say how far both agree; it drops nothing',
    ),
  sample: z.int().min(1).max(100_000).default(100).describe('How many rows the second judge grades'),
});
export type GradeSettings = z.infer<typeof gradeSettings>;

export const filterSettings = z.strictObject({
  rules: z
    .array(filterRule)
    .default([...filterRule.options])
    .describe('What rows are looked at for; each may be left out'),
  decontaminate: decontamination
    .nullable()
    .default(null)
    .describe('Drop rows that overlap these files; null does not'),
  grade: gradeSettings
    .nullable()
    .default(null)
    .describe('Drop rows that a teacher grades low, of those that all else kept; null asks none'),
});

export const filterInput = z.strictObject({
  ...filterSettings.shape,
  language: runSettings.shape.language,
  ...mixSettings.shape,
  data: dataSource.default('builtin'),
  similarity: artifactReference
    .nullable()
    .default(null)
    .describe('The same rows with their nearest neighbours: those of kept rows are kept'),
  budgetUsd: budgetUsd.describe('Hard cap in dollars for grades; null only where they are free'),
});
export type FilterInput = z.infer<typeof filterInput>;

/** Where a row's text came from in a file that it overlaps. */
const overlapPlace = z.strictObject({
  file: z.string().describe('The artifact that it is, as a uri'),
  row: z.int().min(0).describe('From 0'),
  field: z.string().describe('`question`, `choices.2`, or `instruction + input` for both as one text'),
});

/** Why a row was dropped. */
const verdict = z.strictObject({
  rule: dropRule,
  reason: z.string().describe('One clause'),
  found: z.string().describe('What of the row it was, cut where it is long'),
  overlaps: overlapPlace.optional(),
});
export type Verdict = z.infer<typeof verdict>;

/** A share from 0 to 1, with its 95% interval. */
const share = z.strictObject({ share: z.number(), interval: z.tuple([z.number(), z.number()]) });

/** How far two judges agree on the rows that both graded. */
const gradeAgreement = z.strictObject({
  judge: z.string().describe('The second one'),
  asked: z.int().describe('Rows that it was asked about'),
  compared: z.int().describe('Those of them that both gave a grade'),
  exact: share.nullable().describe('The same grade; null where none was compared'),
  withinOne: share.nullable().describe('Grades that differ by 1 at the most'),
  kappa: z
    .number()
    .nullable()
    .describe('Quadratic weighted kappa: 1 is the same, 0 is chance; null where it is not defined'),
  kappaInterval: z.tuple([z.number(), z.number()]).nullable().describe('95%'),
});
export type GradeAgreement = z.infer<typeof gradeAgreement>;

/** What a judge says of classes, and how far the offline rule agrees. */
const gradedClasses = z.strictObject({
  byClass: z.partialRecord(instructionClass, z.int()).describe('Rows by the class that the judge says'),
  unread: z.int().describe('Graded rows whose reply had no class that could be read'),
  same: share.nullable().describe('Rows of which the rule says the same; null where none was compared'),
  kappa: z
    .number()
    .nullable()
    .describe('Cohen’s kappa: 1 is the same, 0 is chance; null where it is not defined'),
  kappaInterval: z.tuple([z.number(), z.number()]).nullable().describe('95%'),
});
export type GradedClasses = z.infer<typeof gradedClasses>;

const gradeFigures = z.strictObject({
  judge: z.string(),
  rows: artifactReference.describe(
    'What was graded, kept and dropped, JSONL, each with its place and `graded`',
  ),
  rubric: artifactReference.describe('What it was graded by'),
  least: z.int(),
  byGrade: z.array(z.int()).length(5).describe('How many rows got grade 1, 2, 3, 4 and 5'),
  ungraded: z.int().describe('Rows to which the judge’s reply had no grade that could be read'),
  agreement: gradeAgreement.nullable().describe('null where one judge was asked'),
  classes: gradedClasses.nullable().describe('null where no class was asked for'),
  costUsd: z.number().describe('Dollars that this run spent on grades, of both judges'),
});
export type GradeFigures = z.infer<typeof gradeFigures>;

export const filterResult = z.strictObject({
  data: artifactReference.describe('Kept rows, JSONL, as they came'),
  similarity: artifactReference.nullable().describe('Their nearest neighbours, where these came along'),
  against: z
    .array(artifactReference)
    .describe('The files that they were held against, in the order of the settings'),
  dropped: artifactReference.describe('Dropped rows, JSONL, each with its place and `verdict`'),
  droppedBy: z
    .partialRecord(dropRule, z.int())
    .describe('Of each rule that was on, how many rows it dropped'),
  grades: gradeFigures.nullable().default(null).describe('null where no teacher was asked'),
});
export type FilterResult = z.infer<typeof filterResult>;

export interface FilterActivities {
  filterRows(input: FilterInput): Promise<FilterResult>;
}

export interface GradeActivities {
  /** Grades what `filterRows` kept, and drops what is graded low. */
  gradeRows(input: Paying & { filter: FilterInput; filtered: FilterResult }): Promise<FilterResult>;
}
