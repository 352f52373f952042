import { z } from 'zod';
import { artifactReference, type DataSource } from '../data.ts';

/** A run that a schedule repeats over rows that grow: what is new since its last run is trained on. */

export const retrainSettings = z.strictObject({
  model: z
    .enum(['last', 'base'])
    .default('last')
    .describe('What is trained: the model of the schedule’s last run, or tokenize.model each time'),
  rows: z
    .enum(['new', 'all'])
    .default('new')
    .describe('Which rows: those that no run of the schedule has had, or all once there are such'),
  leastRows: z
    .int()
    .min(1)
    .default(1)
    .describe('A run that finds fewer new rows says so and ends; they are new to the next one'),
});
type RetrainSettings = z.infer<typeof retrainSettings>;

/** What a run of a schedule leaves to the next one. */
export const retrained = z.strictObject({
  newRows: z.int().describe('0 where there were too few, and the rest of the result is the last run’s'),
  known: artifactReference.describe('Keys of all rows that runs of the schedule have had, one a line'),
  runId: z.string().describe('Of the run that the rest of the result is of'),
});
export type Retrained = z.infer<typeof retrained>;

/** Rows to train on, and what is known with them. */
export const newRows = z.strictObject({
  newRows: z.int(),
  /** null where there are too few new ones */
  data: artifactReference.nullable(),
  /** null where no run has had any */
  known: artifactReference.nullable(),
});
export type NewRows = z.infer<typeof newRows>;

export interface FindNewRowsInput extends Pick<RetrainSettings, 'rows' | 'leastRows'> {
  from: DataSource;
  /** keys of rows that are not new; null before the first run */
  known: z.infer<typeof artifactReference> | null;
}
