import { setImmediate } from 'node:timers/promises';
import { assembleBatch } from './batch.ts';
import { checkExample, countTargets, EMPTY_EXAMPLE, type Example } from './example.ts';
import { type Llama, targetLosses } from './llama/model.ts';

export interface LossSum {
  /** tokens that are predicted */
  targets: number;
  /** their negative log-likelihoods in nats, added up */
  sum: number;
}

/** Tokens, and logits, in one forward pass: bounds of memory, about 64 MB of logits. */
const BATCH_TOKENS = 4096;
const BATCH_LOGITS = 1 << 24;

/**
 * The loss of each row, which a message calls by its row of the data, or else by its place. The event loop
 * gets a turn after every batch.
 *
 * @throws AlpacaError InvalidInput where a row does not fit the model
 */
export async function rowLosses(model: Llama, examples: readonly Example[]): Promise<LossSum[]> {
  for (const [index, example] of examples.entries())
    checkExample(example, model.config, `Row ${example.row ?? index}`);
  const results: LossSum[] = examples.map(() => ({ targets: 0, sum: 0 }));
  const weights = model.parameters.read(model.dtype);
  for (const rows of batchesBySize(model, examples)) {
    const batch = assembleBatch(rows.map((row) => examples[row] ?? EMPTY_EXAMPLE));
    for (const [i, loss] of targetLosses(model, weights, batch).entries()) {
      const result = results[rows[batch.targetRows[i] ?? 0] ?? 0];
      if (result) {
        result.targets += 1;
        result.sum += loss;
      }
    }
    await setImmediate();
  }
  weights.free();
  return results;
}

/** Rows of similar length together, within the bounds of memory; a row alone may exceed them. */
function* batchesBySize(model: Llama, examples: readonly Example[]): Generator<number[]> {
  const length = (row: number) => examples[row]?.inputIds.length ?? 0;
  let rows: number[] = [];
  let logits = 0;
  for (const row of [...examples.keys()].sort((a, b) => length(b) - length(a) || a - b)) {
    const more = countTargets(examples[row] ?? EMPTY_EXAMPLE) * model.config.vocabSize;
    const tokens = (rows.length + 1) * length(rows[0] ?? row);
    if (rows.length > 0 && (tokens > BATCH_TOKENS || logits + more > BATCH_LOGITS)) {
      yield rows;
      rows = [];
      logits = 0;
    }
    rows.push(row);
    logits += more;
  }
  if (rows.length > 0) yield rows;
}
