import { z } from 'zod';

/**
 * Who started a run and who changed it, where a service of this program was asked to: in the run's memo, which the
 * Temporal UI shows, and lists give without a query; and in its record once it has ended.
 */

/** The name of whoever started it. */
export const STARTED_BY = 'startedBy';
/** The updates that were taken, and its cancellation, with who sent them. */
export const UPDATED_BY = 'updatedBy';
/** A digest of what it was started with, where that is to be known again. */
export const INPUT_DIGEST = 'inputDigest';

/** The header of an update that has its sender's name. */
export const SENDER = 'alpaca-sender';

export const said = z.object({
  /** the update, or `cancel` */
  what: z.string(),
  by: z.string(),
  at: z.iso.datetime(),
});
export type Said = z.infer<typeof said>;

export const updatesSaid = z.array(said);

/** What a memo says. */
export function saidIn(memo: Readonly<Record<string, unknown>> | undefined): {
  startedBy: string | null;
  updates: Said[];
} {
  const startedBy = memo?.[STARTED_BY];
  return {
    startedBy: typeof startedBy === 'string' ? startedBy : null,
    updates: updatesSaid.safeParse(memo?.[UPDATED_BY]).data ?? [],
  };
}

/** As many as a memo keeps: the history has them all. */
export const MOST_SAID = 20;
