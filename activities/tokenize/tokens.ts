import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { z } from 'zod';
import { AlpacaError } from '../errors.ts';
import type { NumberedExample } from '../model/example.ts';

/**
 * Reads what a TokenFile wrote, or any Parquet file with the same columns.
 *
 * @throws AlpacaError InvalidInput naming the row
 */
export async function readTokens(path: string): Promise<NumberedExample[]> {
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
