import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ArtifactReference, DataSource } from '../../workflows/contracts/data.ts';
import { type DataRow, dataRowOrSeedTask } from '../../workflows/contracts/data.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { digestOf } from '../artifacts/digest.ts';
import { streamRows } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { AlpacaError, storageError } from '../errors.ts';

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
  const { path, name } = await store.locate(source, builtinPath('seed-tasks', 'en'));
  const rows = streamRows(path, dataRowOrSeedTask, name, { signal: attempt.signal });
  const workspace = await store.workspace('import-rows');
  let count = 0;

  async function* lines(): AsyncGenerator<string> {
    for await (const row of rows) {
      count += 1;
      if (count % 1000 === 0) attempt.report({ done: count, total: 0, unit: 'rows' });
      yield importedLine(row);
    }
  }

  try {
    const joined = join(workspace, 'rows.jsonl');
    await pipeline(lines(), createWriteStream(joined), { signal: attempt.signal });
    if (count === 0) {
      throw new AlpacaError('InvalidInput', `${name} has no rows.`, {
        remedy: 'Name a file with at least one row of instruction, input and output.',
      });
    }
    return await store.take('dataset', joined, {
      rows: count,
      madeBy: 'generate',
      madeFrom: { [name]: (await digestOf(path)).sha256 },
    });
  } catch (error) {
    throw storageError(error, 'the imported rows');
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

/** A row that is brought in, as the store has it. */
export function importedLine(row: DataRow): string {
  // A column of that name may be of anything: rows that are brought in are in the run's language.
  const { language: _, ...kept } = row;
  return `${JSON.stringify(kept)}\n`;
}
