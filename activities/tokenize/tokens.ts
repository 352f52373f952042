import { rename, rm } from 'node:fs/promises';
import { asyncBufferFromFile, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { parquetWriteFile } from 'hyparquet-writer';
import { z } from 'zod';
import { temporaryName } from '../artifacts/atomic.ts';
import { AlpacaError, storageError } from '../errors.ts';

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

/**
 * Writes rows as Parquet with the columns row (int32), input_ids and labels (lists of int32), which pandas
 * and `datasets` open. The file appears whole or not at all, and equal rows give equal bytes.
 */
export async function writeTokens(path: string, rows: readonly TokenRow[]): Promise<void> {
  const temporary = temporaryName(path);
  try {
    parquetWriteFile({
      filename: temporary,
      schema: SCHEMA,
      columnData: [
        { name: 'row', data: Int32Array.from(rows, ({ row }) => row) },
        { name: 'input_ids', data: rows.map(({ inputIds }) => Array.from(inputIds)) },
        { name: 'labels', data: rows.map(({ labels }) => Array.from(labels)) },
      ],
      rowGroupSize: ROWS_PER_GROUP,
      createdBy: 'alpaca-temporal',
    });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw storageError(error, path);
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

const ROWS_PER_GROUP = 10_000;

const listOf = (name: string): SchemaElement[] => [
  {
    name,
    repetition_type: 'REQUIRED',
    num_children: 1,
    converted_type: 'LIST',
    logical_type: { type: 'LIST' },
  },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'INT32', repetition_type: 'REQUIRED' },
];

const SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 3 },
  { name: 'row', type: 'INT32', repetition_type: 'REQUIRED' },
  ...listOf('input_ids'),
  ...listOf('labels'),
];

const ids = z.union([z.array(z.int()), z.instanceof(Int32Array)]);
const tokenRow = z.object({ row: z.int(), input_ids: ids, labels: ids });

function unreadable(path: string, reason: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${path} holds no tokens that can be read: ${reason}.`, {
    remedy: 'Run the tokenize step again.',
  });
}
