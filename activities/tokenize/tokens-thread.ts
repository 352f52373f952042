import { parentPort } from 'node:worker_threads';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { z } from 'zod';
import { unreadable } from './unreadable-tokens.ts';

/** Rows one after the other: how long each is, and the ids and labels of all. */
export interface TokenColumns {
  rows: Int32Array;
  lengths: Int32Array;
  inputIds: Int32Array;
  labels: Int32Array;
}

/** Reads one file and is done; the other end is readTokens. */
parentPort?.on('message', async (path: string) => {
  const columns = await readColumns(path);
  const buffers = Object.values(columns).map(({ buffer }: Int32Array) => buffer as ArrayBuffer);
  parentPort?.postMessage(columns, buffers);
});

const id = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31 - 1);
const ids = z.union([z.array(id), z.instanceof(Int32Array)]);
const tokenRow = z.object({ row: id, input_ids: ids, labels: ids });

async function readColumns(path: string): Promise<TokenColumns> {
  const objects = await asyncBufferFromFile(path)
    .then((file) => parquetReadObjects({ file }))
    .catch((error: unknown) => {
      throw unreadable(path, error instanceof Error ? error.message : String(error));
    });
  const rows = objects.map((object, index) => {
    const checked = tokenRow.safeParse(object);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      throw unreadable(path, `row ${index}, ${issue?.path.join('.')}: ${issue?.message}`);
    }
    const { input_ids, labels } = checked.data;
    if (input_ids.length !== labels.length)
      throw unreadable(path, `row ${index} has ${input_ids.length} ids and ${labels.length} labels`);
    return checked.data;
  });
  const lengths = Int32Array.from(rows, ({ input_ids }) => input_ids.length);
  const columns = {
    ...{ rows: Int32Array.from(rows, ({ row }) => row), lengths },
    inputIds: new Int32Array(lengths.reduce((sum, length) => sum + length, 0)),
    labels: new Int32Array(lengths.reduce((sum, length) => sum + length, 0)),
  };
  let place = 0;
  for (const { input_ids, labels } of rows) {
    columns.inputIds.set(input_ids, place);
    columns.labels.set(labels, place);
    place += input_ids.length;
  }
  return columns;
}
