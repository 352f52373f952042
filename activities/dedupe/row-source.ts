import type { ArtifactReference } from '../../workflows/contracts/data.ts';
import { type DataRow, dataRowOrSeedTask } from '../../workflows/contracts/data.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { streamRows } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';

/** What dedupe takes where no data is named. */
export const SEED_TASKS = builtinPath('seed-tasks', 'en');

/** The instructions of all rows. */
export async function readInstructions(
  store: ArtifactStore,
  reference: ArtifactReference,
  attempt: Attempt,
): Promise<string[]> {
  const instructions: string[] = [];
  for await (const batch of readInBatches(await store.open(reference), null, attempt))
    for (const instruction of batch) instructions.push(instruction);
  return instructions;
}

/** Reads rows, into `rows` where they are to be kept, giving their instructions a batch at a time. */
export async function* readInBatches(
  path: string,
  rows: DataRow[] | null,
  { signal }: Attempt,
): AsyncGenerator<string[]> {
  let batch: string[] = [];
  for await (const row of streamRows(path, dataRowOrSeedTask)) {
    rows?.push(row);
    batch.push(row.instruction);
    if (batch.length < BATCH_ROWS) continue;
    signal.throwIfAborted();
    yield batch;
    batch = [];
  }
  yield batch;
}

const BATCH_ROWS = 1024;
