import type { ArtifactReference } from '../../workflows/contracts/data.ts';
import { type DataRow, dataRowOrSeedTask } from '../../workflows/contracts/data.ts';
import type { DedupeInput } from '../../workflows/contracts/dedupe.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { streamRows } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { comparedText } from './compared-text.ts';

/** What dedupe takes where no data is named. */
export const SEED_TASKS = builtinPath('seed-tasks', 'en');

type ComparedBy = Pick<DedupeInput, 'conversationsBy'>;

/** The texts by which all rows are compared. */
export async function readInstructions(
  store: ArtifactStore,
  reference: ArtifactReference,
  by: ComparedBy,
  attempt: Attempt,
): Promise<string[]> {
  const instructions: string[] = [];
  for await (const batch of readInBatches(await store.open(reference), null, by, attempt))
    for (const instruction of batch) instructions.push(instruction);
  return instructions;
}

/** Rows that were read: of each task the first, which is compared, and the others, which go where it goes. */
export interface TaskRows {
  rows: DataRow[];
  /** by the place of the first */
  others: Map<number, DataRow[]>;
}

/**
 * Reads rows, into `into` where they are to be kept, giving the texts that they are compared by a batch at a time: for the instances of a
 * task, which follow each other, one instruction.
 */
export async function* readInBatches(
  path: string,
  into: TaskRows | null,
  { conversationsBy }: ComparedBy,
  { signal }: Attempt,
): AsyncGenerator<string[]> {
  let batch: string[] = [];
  let task: string | null = null;
  let compared = 0;
  for await (const row of streamRows(path, dataRowOrSeedTask)) {
    const before: string | null = task;
    task = taskOf(row);
    if (task !== null && task === before) {
      const first = compared - 1;
      if (into !== null) into.others.set(first, [...(into.others.get(first) ?? []), row]);
      continue;
    }
    into?.rows.push(row);
    compared += 1;
    batch.push(comparedText(row, conversationsBy));
    if (batch.length < BATCH_ROWS) continue;
    signal.throwIfAborted();
    yield batch;
    batch = [];
  }
  yield batch;
}

/** Names the task that a row is an instance of; null where the row is one by itself. */
function taskOf({ provenance }: DataRow): string | null {
  const task = provenance?.task;
  return task === undefined ? null : `${task.ledgerKey}/${task.segment}`;
}

const BATCH_ROWS = 1024;
