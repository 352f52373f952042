import { rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeFolder, temporaryName } from '../../../activities/artifacts/atomic.ts';
import { readRows } from '../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { storageError } from '../../../activities/errors.ts';
import { releasedRow, writeParquet, writeText } from '../../../activities/release/data-files.ts';
import { writeJsonArray } from '../../../activities/release/write-release.ts';
import { type ArtifactReference, type DataRow, dataRow } from '../../../workflows/contracts/data.ts';
import { endingOf } from '../outputs.ts';
import { copyOut } from './step.ts';

/**
 * Copies rows to where the user wants them, in the form that the name says: `.json` is the recipe's array, `.csv` a
 * table (RFC 4180), `.parquet` typed columns; any other gets the JSONL with all fields that the rows have.
 */
export async function copyRowsOut(
  store: ArtifactStore,
  reference: ArtifactReference,
  target: string,
): Promise<string> {
  const write = WRITERS[endingOf(target)];
  if (write === undefined) return copyOut(store, reference, target);
  const path = resolve(target);
  const temporary = temporaryName(path);
  try {
    await makeFolder(dirname(path));
    await write(temporary, await readRows(await store.open(reference), dataRow));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw storageError(error, path);
  }
  return path;
}

const WRITERS: Readonly<Record<string, (path: string, rows: readonly DataRow[]) => Promise<void>>> = {
  '.json': (path, rows) => writeJsonArray(path, rows.map(releasedRow)),
  '.csv': (path, rows) => writeText(path, tableOf(rows)),
  '.parquet': (path, rows) => writeParquet(path, rows.map(releasedRow)),
};

/** Conversations have their messages as JSON in a column more, which is read again as it was. */
function* tableOf(rows: readonly DataRow[]): Generator<string> {
  const hasMessages = rows.some(({ messages }) => messages !== undefined);
  yield `instruction,input,output${hasMessages ? ',messages' : ''}\n`;
  for (const { instruction, input, output, messages } of rows) {
    const told = messages === undefined ? '' : JSON.stringify(messages);
    yield `${[instruction, input, output, ...(hasMessages ? [told] : [])].map(cellOf).join(',')}\n`;
  }
}

function cellOf(text: string): string {
  return /^\s|\s$|[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
