import { z } from 'zod';
import { type ArtifactReference, artifactReference } from '../../../workflows/contracts/data.ts';
import { entryName } from '../../artifacts/entry-name.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { log } from '../../log.ts';

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
  /** when the latest round was scheduled, by the server's clock: of several runs of one id it says of which this is */
  at: z.iso.datetime(),
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

/** Who watches a round: the id of its workflow, and when it was scheduled, as an ISO 8601 time. */
export interface WatchedRound {
  run: string;
  at: string;
}

interface EndedRound {
  /** what the round began from; null of the first */
  before: ArtifactReference | null;
  pool: ArtifactReference;
  accepted: readonly Partial<NewestRow>[];
  refused: readonly RefusedRow[];
}

/**
 * Writes down what a round has brought, before what the round before it left: nothing where that is of another run, and
 * nothing new where this is another attempt. Throws nothing: a generation goes on whatever becomes of it.
 */
export async function recordNewest(
  store: ArtifactStore,
  { run, at }: WatchedRound,
  round: EndedRound,
): Promise<void> {
  try {
    const last = await readNewest(store, run);
    if (last?.pool.sha256 === round.pool.sha256) return;
    const before = last?.pool.sha256 === round.before?.sha256 ? last : null;
    const newest: NewestRows = {
      at,
      pool: round.pool,
      accepted: first(round.accepted.map(shown), before?.accepted),
      refused: first(
        round.refused.map((row) => ({ ...shown(row), why: cut(row.why) })),
        before?.refused,
      ),
    };
    await store.writeEntry(pathOf(run), JSON.stringify(newest));
  } catch (error) {
    log.write('warn', 'the newest rows of a generation cannot be written down', { error });
  }
}

/** Null where no round has ended yet, and where what is there cannot be read. */
export async function readNewest(store: ArtifactStore, run: string): Promise<NewestRows | null> {
  const content = await store.readEntry(pathOf(run));
  try {
    return content && (newestRows.safeParse(JSON.parse(content.toString('utf8'))).data ?? null);
  } catch {
    return null;
  }
}

/** Lets go of it, once the run is forgotten. */
export function removeNewest(store: ArtifactStore, run: string): Promise<void> {
  return store.removeEntries(folderOf(run));
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
  return `${folderOf(run)}/newest.json`;
}

function folderOf(run: string): string {
  return `generation/${entryName(run)}`;
}
