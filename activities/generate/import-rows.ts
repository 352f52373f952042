import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ArtifactReference, DataSource } from '../../workflows/contracts/reference.ts';
import { type DataRow, dataRow, seedTask } from '../../workflows/contracts/rows.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { streamRows } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { AlpacaError, storageError } from '../errors.ts';
import { shownTask } from './prompt.ts';

/**
 * Brings rows that exist into the store: a JSON array or JSONL in the recipe's format becomes JSONL, each
 * row's text as it is, fields beyond the format left out. `builtin` is the English seed tasks as rows.
 *
 * @throws AlpacaError InvalidInput naming the file, the row and the field
 */
export async function importRows(
  source: DataSource,
  store: ArtifactStore,
  attempt: Attempt,
): Promise<ArtifactReference> {
  const original = await store.resolve(source, 'import', builtinPath('seed-tasks', 'en'));
  const path = await store.open(original);
  const rows = source === 'builtin' ? seedRows(path) : streamRows(path, dataRow);
  const workspace = await store.workspace('import-rows');
  let count = 0;

  async function* lines(): AsyncGenerator<string> {
    for await (const row of rows) {
      count += 1;
      if (count % 1000 === 0) attempt.report({ done: count, total: original.rows, unit: 'rows' });
      yield `${JSON.stringify(row)}\n`;
    }
  }

  try {
    const joined = join(workspace, 'rows.jsonl');
    await pipeline(lines(), createWriteStream(joined), { signal: attempt.signal });
    if (count === 0) {
      throw new AlpacaError('InvalidInput', `${path} has no rows.`, {
        remedy: 'Name a file with at least one row of instruction, input and output.',
      });
    }
    return await store.take('dataset', joined, {
      rows: count,
      madeBy: 'generate',
      madeFrom: { import: original.sha256 },
    });
  } catch (error) {
    throw storageError(underItsName(error, path, source), 'the imported rows');
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

/** The user knows the file by the name they gave, not by the path of its copy in the store. */
function underItsName(error: unknown, path: string, source: DataSource): unknown {
  if (!(error instanceof AlpacaError) || typeof source !== 'string') return error;
  return new AlpacaError(
    error.code,
    error.message.replace(path, () => source),
    { cause: error },
  );
}

async function* seedRows(path: string): AsyncGenerator<DataRow> {
  for await (const task of streamRows(path, seedTask)) yield shownTask(task);
}
