import { parentPort, workerData } from 'node:worker_threads';
import { parquetMetadata, parquetReadObjects, type SchemaElement } from 'hyparquet';

/** The entry of the thread behind `parquetAsLines`: it is asked for one group of rows after the other. */
const file = workerData as ArrayBuffer;
const metadata = parquetMetadata(file);
const textColumns = new Set(metadata.schema.filter(isText).map(({ name }) => name));
let rowStart = 0;

parentPort?.on('message', async (group: number) => {
  const found = metadata.row_groups[group];
  if (found === undefined) return parentPort?.postMessage(null);
  // Writers that stream leave groups without rows between others.
  const rowEnd = rowStart + Number(found.num_rows);
  if (rowEnd === rowStart) return parentPort?.postMessage([]);
  const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd, parsers: { stringFromBytes } });
  rowStart = rowEnd;
  const texts: Uint8Array[] = [];
  for (let start = 0; start < rows.length; start += ROWS_A_TEXT)
    texts.push(Buffer.concat(rows.slice(start, start + ROWS_A_TEXT).map(lineOf)));
  parentPort?.postMessage(texts);
});

/** What fits into one buffer, be each row as long as one may be. */
const ROWS_A_TEXT = 30;

/** Bytes of a column that are no UTF-8: a row that has them as its text has none; a column of pictures is not looked at. */
class NoUtf8 {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  toJSON(): string {
    return new TextDecoder().decode(this.bytes);
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function stringFromBytes(bytes: Uint8Array | undefined): string | NoUtf8 | undefined {
  try {
    return bytes && UTF8.decode(bytes);
  } catch {
    return new NoUtf8(Uint8Array.from(bytes ?? []));
  }
}

function isText({ converted_type, logical_type }: SchemaElement): boolean {
  return converted_type === 'UTF8' || logical_type?.type === 'STRING';
}

/** A row as a line, or as one that is no UTF-8 either, so that it is refused or left out by its number. */
function lineOf(row: Record<string, unknown>): Uint8Array {
  const isBad = Object.entries(row).some(([name, value]) => value instanceof NoUtf8 && textColumns.has(name));
  return isBad ? Buffer.from([0xff, 0x0a]) : Buffer.from(`${JSON.stringify(row, asNumber)}\n`);
}

function asNumber(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
