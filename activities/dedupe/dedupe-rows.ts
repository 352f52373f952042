import { z } from 'zod';
import type { ArtifactReference } from '../../workflows/contracts/reference.ts';
import { type DataRow, dataRow } from '../../workflows/contracts/rows.ts';
import type { DedupeInput, DedupeResult } from '../../workflows/contracts/steps.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { streamRows } from '../artifacts/rows.ts';
import type { ArtifactStore, Provenance } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { dedupeCorpus } from './corpus.ts';
import { storeOutcome } from './stored-outcome.ts';

/**
 * The dedupe step on artifacts: rows in, kept and rejected rows out, and in `full` mode the kept rows with
 * their ten most similar instructions and the average. Rows and `against` may be rows or seed tasks, of which
 * the first instance counts, as in the recipe; `builtin` is the seed tasks.
 */
export async function dedupeRows(
  input: DedupeInput,
  { store }: { store: ArtifactStore },
  attempt: Attempt,
): Promise<DedupeResult> {
  const { threshold, tokenization, mode } = input;
  const data = await store.resolve(input.data, 'dataset', SEED_TASKS);
  const against = input.against === null ? null : await store.resolve(input.against, 'dataset', SEED_TASKS);

  const rows: DataRow[] = [];
  const instructionsAgainst = against === null ? [] : await readInstructions(store, against, attempt);
  const decisions = await dedupeCorpus(
    instructionsAgainst,
    readInBatches(await store.open(data), rows, attempt),
    { threshold, tokenization, mode, expected: data.rows },
    attempt,
  );
  const about: Provenance = {
    madeBy: 'dedupe',
    madeFrom: { data: data.sha256, ...(against === null ? {} : { against: against.sha256 }) },
    settings: { threshold, tokenization, mode },
  };
  return storeOutcome(store, { rows, against: instructionsAgainst, decisions }, about, attempt);
}

const SEED_TASKS = builtinPath('seed-tasks', 'en');

/** A row of the recipe's format, or a seed task, which is read as its first instance. */
const rowOrSeedTask = z.preprocess((value) => {
  const task = z.looseObject({ instances: z.array(z.looseObject({})) }).safeParse(value);
  return task.success ? { ...task.data, ...task.data.instances[0] } : value;
}, dataRow);

async function readInstructions(
  store: ArtifactStore,
  reference: ArtifactReference,
  attempt: Attempt,
): Promise<string[]> {
  const instructions: string[] = [];
  for await (const batch of readInBatches(await store.open(reference), [], attempt))
    instructions.push(...batch);
  return instructions;
}

/** Reads rows into `rows`, giving their instructions a batch at a time. */
async function* readInBatches(path: string, rows: DataRow[], { signal }: Attempt): AsyncGenerator<string[]> {
  let batch: string[] = [];
  for await (const row of streamRows(path, rowOrSeedTask)) {
    rows.push(row);
    batch.push(row.instruction);
    if (batch.length < BATCH_ROWS) continue;
    signal.throwIfAborted();
    yield batch;
    batch = [];
  }
  yield batch;
}

const BATCH_ROWS = 1024;
