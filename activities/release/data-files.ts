import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import type { RecipeRow } from '../../workflows/contracts/data.ts';
import { storageError } from '../errors.ts';
import { SPLIT_NAMES, type SplitName } from './splits.ts';

/** Where the splits' files are in a release, and what they are called. */
const DATA_FOLDER = 'data';

/** The files of one split, as paths inside the release. */
export function splitFiles(split: SplitName): { jsonLines: string; parquet: string } {
  return { jsonLines: `${DATA_FOLDER}/${split}.jsonl`, parquet: `${DATA_FOLDER}/${split}.parquet` };
}

/** The splits that have rows, in the order train, validation, test. */
export function splitsPresent(assigned: readonly SplitName[]): SplitName[] {
  const found = new Set(assigned);
  return SPLIT_NAMES.filter((name) => found.has(name));
}

/** The rows of one split in the order of the data, with the recipe's three fields alone. */
export function rowsOfSplit(
  rows: readonly RecipeRow[],
  assigned: readonly SplitName[],
  split: SplitName,
): RecipeRow[] {
  return rows.flatMap(({ instruction, input, output }, index) =>
    assigned[index] === split ? [{ instruction, input, output }] : [],
  );
}

/** Writes each split that has rows as JSONL and as Parquet. Equal rows give equal bytes. */
export async function writeDataFiles(
  folder: string,
  rows: readonly RecipeRow[],
  assigned: readonly SplitName[],
): Promise<void> {
  await mkdir(join(folder, DATA_FOLDER));
  for (const split of splitsPresent(assigned)) {
    const chosen = rowsOfSplit(rows, assigned, split);
    const { jsonLines, parquet } = splitFiles(split);
    await writeText(
      join(folder, jsonLines),
      chosen.map((row) => `${JSON.stringify(row)}\n`),
    );
    await writeParquet(join(folder, parquet), chosen);
  }
}

/** Writes a new file piece by piece. */
export async function writeText(
  path: string,
  pieces: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  await pipeline(Readable.from(pieces), createWriteStream(path, { flags: 'wx' })).catch((error) => {
    throw storageError(error, path);
  });
}

const COLUMNS = ['instruction', 'input', 'output'] as const;

const SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: COLUMNS.length },
  ...COLUMNS.map(
    (name): SchemaElement => ({
      name,
      type: 'BYTE_ARRAY',
      converted_type: 'UTF8',
      logical_type: { type: 'STRING' },
      repetition_type: 'REQUIRED',
    }),
  ),
];

/** Small enough that the hub's viewer shows the first rows at once. */
const ROWS_PER_GROUP = 10_000;

/** Three columns of text, none of them null, compressed with Snappy. */
async function writeParquet(path: string, rows: readonly RecipeRow[]): Promise<void> {
  try {
    const parquet = new ParquetWriter({
      writer: fileWriter(path),
      schema: SCHEMA,
      createdBy: 'alpaca-temporal',
    });
    for (let start = 0; start < rows.length; start += ROWS_PER_GROUP) {
      const group = rows.slice(start, start + ROWS_PER_GROUP);
      await parquet.write({
        columnData: COLUMNS.map((name) => ({ name, data: group.map((row) => row[name]) })),
        rowGroupSize: ROWS_PER_GROUP,
      });
    }
    await parquet.finish();
  } catch (error) {
    throw storageError(error, path);
  }
}
