import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { type ArtifactReference, type DataRow, dataRowOrSeedTask } from '../../workflows/contracts/data.ts';
import type { FindNewRowsInput, NewRows } from '../../workflows/contracts/run/retrain.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { givenFiles } from '../artifacts/given.ts';
import { streamRows } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { storageError } from '../errors.ts';
import { importedLine } from './import-rows.ts';

/** Files of a folder that may have rows; whatever else is in it is passed over. */
const OF_ROWS = /\.(jsonl?|parquet|csv|tsv)(\.gz)?$/i;

/**
 * Looks for rows that no run of a schedule has had, in a file or in the files of a folder by name. A row is the same where
 * its instruction, input and output, or its messages, are the same to the letter; in one look it counts once.
 *
 * @returns the rows to train on in the order of their files, with the keys of all that are known then; no data where too
 *   few are new, and the keys of before
 * @throws AlpacaError InvalidInput naming the file, the row and the field; RefusedPath; NotFound
 */
export async function findNewRows(
  { from, known, rows: wanted, leastRows }: FindNewRowsInput,
  store: ArtifactStore,
  attempt: Attempt,
): Promise<NewRows> {
  const before = known === null ? new Set<string>() : await readKeys(await store.open(known));
  const { path, name } = await store.locate(from, builtinPath('seed-tasks', 'en'));
  const workspace = await store.workspace('new-rows');
  const all = new Set<string>();
  const added: string[] = [];
  let kept = 0;

  async function* lines(): AsyncGenerator<string> {
    for await (const row of rowsOf(path, name, attempt.signal)) {
      const key = keyOf(row);
      if (all.has(key)) continue;
      all.add(key);
      if (all.size % 1000 === 0) attempt.report({ done: all.size, total: 0, unit: 'rows' });
      const isNew = !before.has(key);
      if (isNew) added.push(key);
      if (!isNew && wanted === 'new') continue;
      kept += 1;
      yield importedLine(row);
    }
  }

  try {
    const data = join(workspace, 'rows.jsonl');
    await pipeline(lines(), createWriteStream(data), { signal: attempt.signal });
    const newRows = added.length;
    if (newRows < leastRows) return { newRows, data: null, known };
    const keys = join(workspace, 'keys.txt');
    await pipeline([...before, ...added].map(asLine), createWriteStream(keys), { signal: attempt.signal });
    const about = { madeBy: 'generate', madeFrom: { source: name } };
    return {
      newRows,
      data: await store.take('dataset', data, { rows: kept, ...about }),
      known: await takeKeys(store, keys, before.size + newRows),
    };
  } catch (error) {
    throw storageError(error, 'the new rows');
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function* rowsOf(path: string, name: string, signal: AbortSignal): AsyncGenerator<DataRow> {
  const files = await givenFiles(path, [dirname(path)], name);
  const isFile = files.length === 1 && files[0]?.path === '';
  const ofRows = isFile ? files : files.filter((file) => OF_ROWS.test(basename(file.path)));
  for (const file of ofRows.toSorted((a, b) => (a.path < b.path ? -1 : 1)))
    yield* streamRows(isFile ? path : file.real, dataRowOrSeedTask, join(name, file.path), { signal });
}

/** 128 bits: among ten million rows two have the same by chance once in 10^24. */
function keyOf({ instruction, input, output, messages }: DataRow): string {
  const text = JSON.stringify(messages ?? [instruction, input, output]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function asLine(key: string): string {
  return `${key}\n`;
}

async function readKeys(path: string): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const line of createInterface({ input: createReadStream(path) })) keys.add(line);
  return keys;
}

function takeKeys(store: ArtifactStore, path: string, rows: number): Promise<ArtifactReference> {
  return store.take('row-keys', path, { rows, madeBy: 'generate', madeFrom: {} });
}
