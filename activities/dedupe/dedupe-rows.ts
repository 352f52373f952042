import type { DedupeInput, DedupeResult } from '../../workflows/contracts/dedupe.ts';
import type { Attempt } from '../attempt.ts';
import { dedupeCorpus } from './corpus/corpus.ts';
import { type EmbeddingDependencies, embeddingOptions } from './embedding/embedding-pass.ts';
import { readInBatches, readInstructions, SEED_TASKS, type TaskRows } from './row-source.ts';
import { provenanceOf, storeOutcome } from './stored-outcome.ts';

/**
 * The dedupe step on artifacts: rows in, kept and rejected rows out, and in `full` mode the kept rows with
 * their ten most similar instructions and the average. Rows and `against` may be rows or seed tasks, of which
 * the first instance counts, as in the recipe; `builtin` is the seed tasks.
 */
export async function dedupeRows(
  input: DedupeInput,
  deps: EmbeddingDependencies,
  attempt: Attempt,
): Promise<DedupeResult> {
  const { store } = deps;
  const { threshold, tokenization, mode } = input;
  const embedding = embeddingOptions(input, deps);
  const { signal } = attempt;
  const data = await store.resolve(input.data, 'dataset', SEED_TASKS, signal);
  const against =
    input.against === null ? null : await store.resolve(input.against, 'dataset', SEED_TASKS, signal);

  const read: TaskRows = { rows: [], others: new Map() };
  const instructionsAgainst = against === null ? [] : await readInstructions(store, against, input, attempt);
  const decisions = await dedupeCorpus(
    instructionsAgainst,
    readInBatches(await store.open(data), read, input, attempt),
    { threshold, tokenization, mode, expected: data.rows, embedding },
    attempt,
  );
  const outcome = { ...read, against: instructionsAgainst, decisions };
  const about = provenanceOf({ ...input, tokenization: decisions.tokenization }, data, against);
  return storeOutcome(store, outcome, about, attempt);
}
