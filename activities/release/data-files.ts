import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import type { Message } from '../../workflows/contracts/data/conversation.ts';
import type { DataRow, RecipeRow } from '../../workflows/contracts/data.ts';
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

/** A row as it is published: the recipe's three fields, or of a conversation its messages. */
export type ReleasedRow = RecipeRow | { messages: Message[] };

export function releasedRow({ instruction, input, output, messages }: DataRow): ReleasedRow {
  return messages === undefined ? { instruction, input, output } : { messages };
}

/** The rows of one split in the order of the data, as they are published. */
export function rowsOfSplit(
  rows: readonly DataRow[],
  assigned: readonly SplitName[],
  split: SplitName,
): ReleasedRow[] {
  return rows.filter((_, index) => assigned[index] === split).map(releasedRow);
}

/** Writes each split that has rows as JSONL and as Parquet. Equal rows give equal bytes. */
export async function writeDataFiles(
  folder: string,
  rows: readonly DataRow[],
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

const textColumn = (name: string, repetition_type: 'REQUIRED' | 'OPTIONAL'): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  logical_type: { type: 'STRING' },
  repetition_type,
});

const LIST_OF_MESSAGES: SchemaElement[] = [
  {
    name: 'messages',
    repetition_type: 'OPTIONAL',
    num_children: 1,
    converted_type: 'LIST',
    logical_type: { type: 'LIST' },
  },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', repetition_type: 'REQUIRED', num_children: 3 },
  textColumn('role', 'REQUIRED'),
  textColumn('content', 'REQUIRED'),
  textColumn('reasoning_content', 'OPTIONAL'),
];

/** The columns that there is something in: of rows and conversations both, each null where the other is. */
function columnsOf(rows: readonly ReleasedRow[]): { names: string[]; schema: SchemaElement[] } {
  const chats = rows.filter((row) => 'messages' in row).length;
  const texts = chats === rows.length ? [] : COLUMNS;
  const names = [...texts, ...(chats === 0 ? [] : ['messages'])];
  return {
    names,
    schema: [
      { name: 'root', num_children: names.length },
      ...texts.map((name) => textColumn(name, chats === 0 ? 'REQUIRED' : 'OPTIONAL')),
      ...(chats === 0 ? [] : LIST_OF_MESSAGES),
    ],
  };
}

/** Small enough that the hub's viewer shows the first rows at once. */
const ROWS_PER_GROUP = 10_000;

/** Columns of text, and of messages where there are conversations, compressed with Snappy. */
export async function writeParquet(path: string, rows: readonly ReleasedRow[]): Promise<void> {
  const { names, schema } = columnsOf(rows);
  try {
    const parquet = new ParquetWriter({
      writer: fileWriter(path),
      schema,
      createdBy: 'alpaca-temporal',
    });
    for (let start = 0; start < rows.length; start += ROWS_PER_GROUP) {
      const group = rows.slice(start, start + ROWS_PER_GROUP);
      await parquet.write({
        columnData: names.map((name) => ({
          name,
          data: group.map((row) => new Map<string, unknown>(Object.entries(row)).get(name) ?? null),
        })),
        rowGroupSize: ROWS_PER_GROUP,
      });
    }
    await parquet.finish();
  } catch (error) {
    throw storageError(error, path);
  }
}
