import { parentPort, workerData } from 'node:worker_threads';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';

/** The entry of the thread behind `parquetAsLines`: it is asked for one group of rows after the other. */
const file = workerData as ArrayBuffer;
const metadata = parquetMetadata(file);
let rowStart = 0;

parentPort?.on('message', async (group: number) => {
  const found = metadata.row_groups[group];
  if (found === undefined) return parentPort?.postMessage(null);
  // Writers that stream leave groups without rows between others.
  const rowEnd = rowStart + Number(found.num_rows);
  if (rowEnd === rowStart) return parentPort?.postMessage([]);
  const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd });
  rowStart = rowEnd;
  const texts: Uint8Array[] = [];
  for (let start = 0; start < rows.length; start += ROWS_A_TEXT)
    texts.push(
      Buffer.from(
        rows
          .slice(start, start + ROWS_A_TEXT)
          .map((row) => `${JSON.stringify(row, asNumber)}\n`)
          .join(''),
      ),
    );
  parentPort?.postMessage(texts);
});

/** What fits into one string, be each row as long as one may be. */
const ROWS_A_TEXT = 30;

function asNumber(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
