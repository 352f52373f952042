import { z } from 'zod';
import { artifactReference, dataSource } from './data.ts';
import { runSettings, wordTokenization } from './run.ts';

/** The step `filter`: rows that have a fault which costs nothing to find, or that overlap what a model is measured by. */

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

/** Whatever drops a row. A judgement that costs money is one more of these, asked of the rows that the others kept. */
export const dropRule = z.enum([...filterRule.options, ...overlapRule.options]);
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
    .describe('Drop a row whose prompt or input is a text there, but for case and punctuation'),
  tokenization: wordTokenization
    .nullable()
    .default(null)
    .describe('What a word is: `rouge` is a-z0-9, `unicode` any script; null goes by the language'),
});
export type Decontamination = z.infer<typeof decontamination>;

export const filterSettings = z.strictObject({
  rules: z
    .array(filterRule)
    .default([...filterRule.options])
    .describe('What rows are looked at for; each may be left out'),
  decontaminate: decontamination
    .nullable()
    .default(null)
    .describe('Drop rows that overlap these files; null does not'),
});

export const filterInput = z.strictObject({
  ...filterSettings.shape,
  language: runSettings.shape.language,
  data: dataSource.default('builtin'),
  similarity: artifactReference
    .nullable()
    .default(null)
    .describe('The same rows with their nearest neighbours: those of kept rows are kept'),
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
});
export type FilterResult = z.infer<typeof filterResult>;

export interface FilterActivities {
  filterRows(input: FilterInput): Promise<FilterResult>;
}
