import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type ArtifactReference, dataRow, rowOf } from '../../workflows/contracts/data.ts';
import type { FilterResult, Verdict } from '../../workflows/contracts/filter.ts';
import { writeJsonLines } from '../artifacts/json-lines.ts';
import { streamRows } from '../artifacts/rows.ts';
import type { ArtifactStore, Provenance } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { AlpacaError } from '../errors.ts';

/** A row, with whatever else it came with. */
export const anyDataRow = z.preprocess(rowOf, dataRow.loose());
type AnyDataRow = z.infer<typeof anyDataRow>;

const place = z.object({ row: z.int().min(0) });

/** A row that was dropped before: its place, and the line as it stands. */
export const droppedRow = z
  .record(z.string(), z.json())
  .transform((line) => ({ row: place.parse(line).row, line }));

/** Rows, each with why it is to be dropped; null where it is to be kept. */
interface DividedRows {
  rows: readonly AnyDataRow[];
  verdicts: readonly (Verdict | null)[];
  /** the place of each in what came into the filter, rising */
  places: Iterable<number>;
  /** those that were dropped before, in order of their places */
  before: readonly z.infer<typeof droppedRow>[];
  /** their nearest neighbours, as many as there are rows */
  similarity: ArtifactReference | null;
}

/** Writes down what is kept, as it came, and what is dropped, by place. */
export async function storeDivided(
  store: ArtifactStore,
  { rows, verdicts, places, before, similarity }: DividedRows,
  about: Provenance,
  attempt: Attempt,
): Promise<Pick<FilterResult, 'data' | 'similarity' | 'dropped'>> {
  const put = (kind: string, name: string, lines: Iterable<unknown>) =>
    storeLines(store, { kind, name, lines }, about, attempt);
  const at = [...places];
  const dropped = rows.flatMap((row, index) => {
    const [place = index, verdict] = [at[index], verdicts[index]];
    return verdict ? [{ row: place, line: { ...row, row: place, verdict } }] : [];
  });
  const inOrder = [...before, ...dropped].sort((one, other) => one.row - other.row);
  return {
    data: await put('dataset', 'kept.jsonl', keptOf(rows, verdicts)),
    similarity:
      similarity === null
        ? null
        : await put(
            'similarity',
            'similarity.jsonl',
            keptOf(await readSimilarity(await store.open(similarity), rows.length, attempt), verdicts),
          ),
    dropped: await put(
      'dropped',
      'dropped.jsonl',
      inOrder.map(({ line }) => line),
    ),
  };
}

/** Writes a file of rows as an artifact. */
export async function storeLines(
  store: ArtifactStore,
  { kind, name, lines }: { kind: string; name: string; lines: Iterable<unknown> },
  about: Provenance,
  { signal }: Attempt,
): Promise<ArtifactReference> {
  const workspace = await store.workspace('filter');
  try {
    const path = join(workspace, name);
    return await store.take(kind, path, { ...about, rows: await writeJsonLines(path, lines, signal) });
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

function* keptOf<Row>(rows: readonly Row[], verdicts: readonly (Verdict | null)[]): Generator<Row> {
  for (const [index, row] of rows.entries()) if (verdicts[index] === null) yield row;
}

async function readSimilarity(path: string, rows: number, { signal }: Attempt): Promise<unknown[]> {
  const lines: unknown[] = [];
  for await (const line of streamRows(path, z.record(z.string(), z.json()), path, { signal }))
    lines.push(line);
  if (lines.length === rows) return lines;
  throw new AlpacaError('InvalidInput', `There are ${rows} rows and neighbours of ${lines.length}.`, {
    remedy: 'Give the rows and the neighbours of one dedupe.',
  });
}
