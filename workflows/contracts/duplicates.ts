import { z } from 'zod';

/**
 * What dedupe found, for a person to read: the lists are bounded and state how many there are in all. The
 * rejected rows as a whole are an artifact of their own.
 */

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
