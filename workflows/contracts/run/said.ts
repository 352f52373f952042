import { z } from 'zod';

/**
 * Who started a run and who changed it, where a service of this program was asked to: in the run's memo, which the
 * Temporal UI shows, and lists give without a query.
 */

/** The name of whoever started it. */
export const STARTED_BY = 'startedBy';
/** The updates that were taken, with who sent them. */
export const UPDATED_BY = 'updatedBy';
/** A digest of what it was started with, where that is to be known again. */
export const INPUT_DIGEST = 'inputDigest';

/** The header of an update that has its sender's name. */
export const SENDER = 'alpaca-sender';

export const said = z.object({
  /** the update */
  what: z.string(),
  by: z.string(),
  at: z.iso.datetime(),
});
export type Said = z.infer<typeof said>;

export const updatesSaid = z.array(said);

/** As many as a memo keeps: the history has them all. */
export const MOST_SAID = 20;
