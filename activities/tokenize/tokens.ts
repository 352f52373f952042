import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { z } from 'zod';
import { AlpacaError } from '../errors.ts';
import { TokenFile } from './token-file.ts';

/** One tokenized example: what a training step takes. */
export interface TokenRow {
  /** the row's index in the data that it was made from */
  row: number;
  inputIds: Int32Array;
  /** the ids to predict, aligned with `inputIds`; IGNORED where nothing is learnt */
  labels: Int32Array;
}

/** The label that no loss is computed for, PyTorch's `ignore_index`. */
export const IGNORED = -100;

/** Writes rows as Parquet, all at once; TokenFile takes them one by one. */
export async function writeTokens(path: string, rows: readonly TokenRow[]): Promise<void> {
  const file = new TokenFile(path);
  try {
    for (const row of rows) file.add(row);
    await file.close();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/**
 * Reads what `writeTokens` wrote, or any Parquet file with the same columns.
 *
 * @throws AlpacaError InvalidInput naming the row
 */
export async function readTokens(path: string): Promise<TokenRow[]> {
  const file = await asyncBufferFromFile(path);
  const objects = await parquetReadObjects({ file }).catch((error) => {
    throw unreadable(path, (error as Error).message);
  });
  return objects.map((object, index) => {
    const checked = tokenRow.safeParse(object);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      throw unreadable(path, `row ${index}, ${issue?.path.join('.')}: ${issue?.message}`);
    }
    const { row, input_ids, labels } = checked.data;
    if (input_ids.length !== labels.length)
      throw unreadable(path, `row ${index} has ${input_ids.length} ids and ${labels.length} labels`);
    return { row, inputIds: Int32Array.from(input_ids), labels: Int32Array.from(labels) };
  });
}

const ids = z.union([z.array(z.int()), z.instanceof(Int32Array)]);
const tokenRow = z.object({ row: z.int(), input_ids: ids, labels: ids });

function unreadable(path: string, reason: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${path} holds no tokens that can be read: ${reason}.`, {
    remedy: 'Run the tokenize step again.',
  });
}
