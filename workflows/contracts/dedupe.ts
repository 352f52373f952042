import { z } from 'zod';
import { type ArtifactReference, artifactReference, dataSource } from './data.ts';
import { budgetUsd, type Paying, teacherName, tokenization } from './run.ts';

/** The step `dedupe`: rows that resemble none before them. */

/** The second pass of dedupe: over what ROUGE-L kept, by the meaning that an embedding model sees. */
const embeddingSettings = z.strictObject({
  teacher: teacherName.describe('The teacher profile whose embeddings endpoint is asked'),
  threshold: z.number().min(0).max(1).default(0.9).describe('Reject when a cosine is strictly greater'),
  model: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Another model than the profile’s, where embedding is free'),
});
export type EmbeddingSettings = z.infer<typeof embeddingSettings>;

export const dedupeSettings = z.strictObject({
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.7)
    .describe('Reject when the highest ROUGE-L F1 is strictly greater'),
  tokenization: tokenization
    .nullable()
    .default(null)
    .describe(
      '`rouge` is the reference’s a-z0-9, `unicode` is for other scripts, `syllable-pairs` for Korean; null goes by the language, and by the rows',
    ),
  mode: z
    .enum(['full', 'threshold'])
    .default('full')
    .describe('`full` adds the ten most similar and the average to each row'),
  conversationsBy: z
    .enum(['first-message', 'user-messages'])
    .default('first-message')
    .describe('What conversations are compared by: the first user message, or all of them'),
  partitions: z
    .int()
    .min(1)
    .max(256)
    .default(1)
    .describe('Parts that are searched in parallel, on several machines; the result does not depend on it'),
  embedding: embeddingSettings
    .nullable()
    .default(null)
    .describe('Drop what is left of semantic duplicates too, by embeddings; null does not'),
});

export const dedupeInput = z.strictObject({
  ...dedupeSettings.shape,
  tokenization: tokenization
    .nullable()
    .default(null)
    .describe(
      '`rouge` is the reference’s a-z0-9, `unicode` is for other scripts, `syllable-pairs` for Korean; null is `rouge` unless it sees less than half of most rows',
    ),
  data: dataSource.default('builtin'),
  against: dataSource
    .nullable()
    .default(null)
    .describe('Rows or seed tasks that count as accepted before the first row'),
  budgetUsd: budgetUsd.describe('Hard cap in dollars for embedding; null only where it is free'),
});
export type DedupeInput = z.infer<typeof dedupeInput>;

const embeddingPass = z.strictObject({
  model: z.string(),
  dimensions: z.int(),
  rejected: z.int().describe('Rows that ROUGE-L kept and the embeddings rejected'),
  clusters: z.int().describe('Kept instructions that at least one of these rows resembles'),
  largestCluster: z.int(),
  sent: z.int().describe('Texts embedded by this run; the rest were embedded before'),
  lost: z.int().describe('Texts sent without an answer; each may have been paid for'),
  promptTokens: z.int(),
  costUsd: z.number().describe('Dollars this run spent, lost texts booked at their worst case'),
});
export type EmbeddingPass = z.infer<typeof embeddingPass>;

export const dedupeResult = z.strictObject({
  data: artifactReference.describe('Kept rows, JSONL'),
  similarity: artifactReference
    .nullable()
    .describe('Full mode: kept rows with most_similar_instructions and avg_similarity_score'),
  rejected: artifactReference.describe(
    'Rejected rows, JSONL, each with the instruction it resembles and the score',
  ),
  report: artifactReference.describe(
    'Exact duplicates, normalized duplicates and near-duplicate clusters, JSON, bounded in size',
  ),
  exactDuplicates: z.int().describe('Rows whose instruction came before, character for character'),
  normalizedDuplicates: z.int().describe('Rows rejected with all their tokens another’s, in the same order'),
  clusters: z.int().describe('Kept instructions that at least one rejected row resembles'),
  largestCluster: z.int().describe('The most rejected rows that resemble one instruction'),
  tokenization: tokenization.default('rouge').describe('What the rows were compared by'),
  withoutTokens: z
    .int()
    .optional()
    .describe(
      'Rows with more words that the reference’s tokenization has no token for than others; absent where none is, or another was asked for',
    ),
  embedding: embeddingPass
    .nullable()
    .default(null)
    .describe('The pass by embeddings; null where there was none'),
});
export type DedupeResult = z.infer<typeof dedupeResult>;

/** A corpus divided so that every pair of similar rows is in some partition. */
export interface DedupePlan extends Pick<DedupeResult, 'tokenization' | 'withoutTokens'> {
  data: ArtifactReference;
  against: ArtifactReference | null;
  /** per text, what was compared against first, the number of its token sequence */
  sequences: ArtifactReference;
  /** per partition, the token sequences that may have a pair in it */
  partitions: ArtifactReference[];
  /** the most tokens of a row */
  longest: number;
}

export interface FindPairsInput {
  threshold: number;
  /** how many there are in all, and which one this is */
  partitions: number;
  partition: number;
  longest: number;
  rows: ArtifactReference;
}

export interface ResolvePairsInput {
  dedupe: DedupeInput;
  plan: DedupePlan;
  pairs: ArtifactReference[];
}

export interface DedupeActivities {
  /** The whole step at once, on one machine. */
  dedupeRows(input: DedupeInput & Paying): Promise<DedupeResult>;
  /** The step in three parts, of which the second runs once for each partition, on any machines. */
  planPartitions(input: DedupeInput): Promise<DedupePlan>;
  findPairs(input: FindPairsInput): Promise<{ pairs: ArtifactReference }>;
  resolvePairs(input: ResolvePairsInput & Paying): Promise<DedupeResult>;
}

/** A row by its place: of the data, or of what the data was compared against; numbered from 0. */
const placedRow = z.strictObject({
  from: z.enum(['data', 'against']),
  row: z.int().min(0),
  /** cut off where it is very long */
  instruction: z.string(),
});
export type PlacedRow = z.infer<typeof placedRow>;

/** A row that came again: it and the row that it repeats. */
const repeatedRow = z.strictObject({ ...placedRow.shape, repeats: placedRow });
export type RepeatedRow = z.infer<typeof repeatedRow>;

/** Rejected rows and the accepted one that each of them resembles most; the largest clusters listed. */
const clustersOf = <Measure extends z.ZodRawShape>(measure: Measure) =>
  z.strictObject({
    total: z.int(),
    largest: z.int(),
    listed: z.array(
      z.strictObject({
        kept: placedRow,
        /** how many rejected rows there are */
        size: z.int().min(1),
        /** the first of them, each with how much it resembles the kept row */
        rejected: z.array(z.strictObject({ ...placedRow.shape, ...measure })),
      }),
    ),
  });

export const duplicatesReport = z.strictObject({
  rows: z.int(),
  kept: z.int(),
  rejected: z.int(),
  /** rows whose instruction came before, character for character; the first ones listed */
  exactDuplicates: z.strictObject({ total: z.int(), listed: z.array(repeatedRow) }),
  /** rows rejected with all their tokens another's, in the same order; the first ones listed */
  normalizedDuplicates: z.strictObject({ total: z.int(), listed: z.array(repeatedRow) }),
  /** near duplicates, by their ROUGE-L F-measure */
  clusters: clustersOf({ score: z.number() }),
  /** what embeddings found beyond them, by the cosine; absent where they were not asked */
  embedding: z
    .strictObject({ model: z.string(), rejected: z.int(), clusters: clustersOf({ cosine: z.number() }) })
    .optional(),
});
export type DuplicatesReport = z.infer<typeof duplicatesReport>;
