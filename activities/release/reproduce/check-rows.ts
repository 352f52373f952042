import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { z } from 'zod';
import { dataRowOrSeedTask } from '../../../workflows/contracts/data.ts';
import { readRows, streamRows } from '../../artifacts/rows.ts';
import { AlpacaError } from '../../errors.ts';
import { type ReleasedRow, releasedRow, rowsOfSplit, splitFiles, splitsPresent } from '../data-files.ts';
import { countSplits } from '../manifest.ts';
import { instructionKey } from '../splits.ts';
import { SIMILARITY_FILE } from '../write-release.ts';
import { type Finding, notCheckable, unequal, unless } from './claims.ts';
import type { OpenedRelease } from './opened-release.ts';
import { releasedRows } from './pipeline-run.ts';

/** The manifest counts the rows, and the rows of each split, as they are. */
export function checkCounts({ manifest, contents }: OpenedRelease): Finding {
  const counts = countSplits(contents);
  return unless(
    unequal([
      ['the number of rows', contents.rows.length, manifest.rows],
      ...Object.entries(counts).map(
        ([split, rows]) =>
          [`the number of rows in ${split}`, rows, lookup(manifest.splitRows, split)] as const,
      ),
    ]),
    `${manifest.rows} rows, as counted`,
  );
}

/** The splits are those that the seed draws, no instruction is in two, and both forms of each have its rows. */
export async function checkSplits({ folder, contents }: OpenedRelease): Promise<Finding> {
  const { rows, splits } = contents;
  const present = splitsPresent(splits);
  const differences: string[] = [];
  const splitByInstruction = new Map<string, string>();
  for (const [index, row] of rows.entries()) {
    const split = splits[index] ?? 'train';
    const other = splitByInstruction.get(instructionKey(row)) ?? split;
    if (other !== split) differences.push(`the instruction of row ${index} is in ${other} and ${split}`);
    splitByInstruction.set(instructionKey(row), split);
  }
  for (const split of present) {
    const expected = rowsOfSplit(rows, splits, split);
    const { jsonLines, parquet } = splitFiles(split);
    differences.push(
      ...compareRows(jsonLines, await readJsonLines(join(folder, jsonLines), jsonLines), expected),
      ...compareRows(parquet, await readParquet(join(folder, parquet), parquet), expected),
    );
  }
  return unless(differences, `${present.join(', ')}: JSONL and Parquet have the rows of alpaca_data.json`);
}

/** Rows and provenance together are, byte for byte, the file that the run's filter kept, or else its dedupe. */
export function checkOrigin({ manifest, contents }: OpenedRelease): Finding {
  const kept = releasedRows(contents.run)?.data;
  if (!kept) return notCheckable('the rows are not of a run: nothing is known of them but the data itself');
  const hash = createHash('sha256');
  for (const row of contents.rows) hash.update(`${JSON.stringify(row)}\n`);
  return unless(
    unequal([
      ['the digest of rows and provenance', hash.digest('hex'), kept.sha256],
      ['the digest of the released rows', manifest.data.sha256, kept.sha256],
    ]),
    `rows and provenance are byte for byte what ${contents.run?.filter ? 'the filter' : 'dedupe'} kept`,
  );
}

const anyRow = z.looseObject({ instruction: z.string(), input: z.string(), output: z.string() });

/** The file with similarities has the same rows, and its figures are those that the run measured. */
export async function checkSimilarity({ folder, contents }: OpenedRelease): Promise<Finding> {
  if (!contents.hasSimilarity) return notCheckable('the release has no similarities');
  const hash = createHash('sha256');
  const rows: ReleasedRow[] = [];
  for await (const row of streamRows(join(folder, SIMILARITY_FILE), anyRow, SIMILARITY_FILE)) {
    hash.update(`${JSON.stringify(row)}\n`);
    rows.push(releasedRow(dataRowOrSeedTask.parse(row)));
  }
  const measured = releasedRows(contents.run)?.similarity;
  return unless(
    [
      ...compareRows(SIMILARITY_FILE, rows, contents.rows.map(releasedRow)),
      ...(measured
        ? unequal([[`the digest of the rows of ${SIMILARITY_FILE}`, hash.digest('hex'), measured.sha256]])
        : []),
    ],
    'the similarities are those that the run measured',
  );
}

function compareRows(
  path: string,
  found: readonly ReleasedRow[],
  expected: readonly ReleasedRow[],
): string[] {
  if (found.length !== expected.length) return [`${path} has ${found.length} rows, not ${expected.length}`];
  return expected.flatMap((row, index) =>
    isDeepStrictEqual(found[index], row)
      ? []
      : [`row ${index} of ${path} is another than in alpaca_data.json`],
  );
}

async function readJsonLines(path: string, name: string): Promise<ReleasedRow[]> {
  return (await readRows(path, dataRowOrSeedTask, name)).map(releasedRow);
}

async function readParquet(path: string, name: string): Promise<ReleasedRow[]> {
  const file = await asyncBufferFromFile(path);
  try {
    const rows = await parquetReadObjects({ file });
    return z.array(dataRowOrSeedTask).parse(rows.map(withoutNulls)).map(releasedRow);
  } catch (error) {
    throw new AlpacaError('InvalidInput', `${name} cannot be read as Parquet with the columns of a row.`, {
      cause: error,
    });
  }
}

/** A row without the columns that other rows have. */
function withoutNulls(row: object): object {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}

function lookup(counts: Partial<Record<string, number>>, split: string): number {
  return counts[split] ?? 0;
}
