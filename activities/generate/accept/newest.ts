import { z } from 'zod';
import { type ArtifactReference, artifactReference } from '../../../workflows/contracts/data.ts';
import { entryName } from '../../artifacts/entry-name.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';

/**
 * What a generation did last, for whoever watches it; nothing that is made goes by it:
 *
 *   entries/generation/RUN/newest.json
 */
const newestRow = z.strictObject({ instruction: z.string(), input: z.string(), output: z.string() });
export type NewestRow = z.infer<typeof newestRow>;

/** A row that was read in an answer and not accepted, and why in words. */
const refusedRow = newestRow.extend({ why: z.string() });
export type RefusedRow = z.infer<typeof refusedRow>;

const newestRows = z.strictObject({
  /** what the latest round left: the yields of all rounds are named in it */
  pool: artifactReference,
  /** the last first */
  accepted: z.array(newestRow),
  refused: z.array(refusedRow),
});
export type NewestRows = z.infer<typeof newestRows>;

const KEPT = 5;
/** Characters of a text: it is to be looked at. */
const LONGEST = 600;

/** Of rows in the order of their answers the last that are kept. */
export function lastOf<Row>(rows: readonly Row[]): Row[] {
  return rows.slice(-KEPT);
}

/**
 * Writes down what a round has brought, before what was there.
 *
 * @param run the id of its workflow
 */
export async function recordNewest(
  store: ArtifactStore,
  run: string,
  round: { pool: ArtifactReference; accepted: readonly Partial<NewestRow>[]; refused: readonly RefusedRow[] },
): Promise<void> {
  const before = await readNewest(store, run);
  const newest: NewestRows = {
    pool: round.pool,
    accepted: first(round.accepted.map(shown), before?.accepted),
    refused: first(
      round.refused.map((row) => ({ ...shown(row), why: cut(row.why) })),
      before?.refused,
    ),
  };
  await store.writeEntry(pathOf(run), JSON.stringify(newest));
}

/** Null where no round has ended yet. */
export async function readNewest(store: ArtifactStore, run: string): Promise<NewestRows | null> {
  const content = await store.readEntry(pathOf(run));
  return content && newestRows.parse(JSON.parse(content.toString('utf8')));
}

function first<Row>(round: readonly Row[], before: readonly Row[] = []): Row[] {
  return [...round.toReversed(), ...before].slice(0, KEPT);
}

function shown({ instruction = '', input = '', output = '' }: Partial<NewestRow>): NewestRow {
  return { instruction: cut(instruction), input: cut(input), output: cut(output) };
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}

function pathOf(run: string): string {
  return `generation/${entryName(run)}/newest.json`;
}
