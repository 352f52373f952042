import { AlpacaError } from '../../errors.ts';
import { writtenByPandas } from './written-by-pandas.ts';

/**
 * Names a table for what it is, by its first line of column names, where none of its lines begins like a row of JSON: lines of which
 * the first alone is broken stay lines.
 *
 * @param head what the file begins with
 * @throws AlpacaError InvalidInput for CSV and TSV
 */
export function refuseTable(head: Uint8Array, name: string): void {
  const text = new TextDecoder().decode(head);
  if (/^\s*\{\s*"(?!")/m.test(text)) return;
  const [first = ''] = text.trim().split(/\r?\n/, 1);
  for (const { separator, what, reader } of TABLES) {
    const columns = first.split(separator);
    if (columns.length < 2 || !columns.every((column) => COLUMN.test(column))) continue;
    throw new AlpacaError('InvalidInput', `${name} is ${what}, and rows are read as JSON.`, {
      remedy: writtenByPandas(reader),
    });
  }
}

const TABLES = [
  { separator: '\t', what: 'TSV', reader: 'read_table' },
  { separator: ',', what: 'CSV', reader: 'read_csv' },
] as const;
const COLUMN = /^ *"?[\p{L}\d_ .-]{1,60}"? *$/u;
