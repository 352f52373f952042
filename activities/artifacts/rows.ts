import { z } from 'zod';
import { describeIssue } from '../../workflows/decisions/issue-text.ts';
import { AlpacaError } from '../errors.ts';
import { parseJson } from './formats/parse-json.ts';
import { type GivenOptions, streamGiven } from './given.ts';
import { readRowTexts } from './lines.ts';

/**
 * Reading rows that a person may have made, in the forms that `readRowTexts` knows. A bad
 * row is named by file, line (array: element), field and reason.
 *
 * `name` is what messages call the file: what the user named, where that was imported into the store.
 *
 * @throws AlpacaError NotFound, or InvalidInput for a folder, bytes that are no UTF-8, and bad rows
 */
export async function readRows<Row>(
  path: string,
  schema: z.ZodType<Row>,
  name = path,
  { most = MOST_BYTES_IN_MEMORY, signal }: RowOptions = {},
): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of streamRows(path, schema, name, { most, ...(signal && { signal }) })) rows.push(row);
  return rows;
}

/** How much of a file is read, and until when. */
export type RowOptions = Pick<GivenOptions, 'most' | 'signal'>;

/** A million rows of a kilobyte. */
const MOST_BYTES_IN_MEMORY = 2 ** 30;

/** The same, a row at a time, and of a file of any size unless `most` is given. */
export async function* streamRows<Row>(
  path: string,
  schema: z.ZodType<Row>,
  name = path,
  options: RowOptions = {},
): AsyncGenerator<Row> {
  const bytes = streamGiven(path, { ...options, name });
  for await (const texts of readRowTexts(bytes, name, options.most))
    for (const { where, text } of texts) {
      if (text === null) throw badRow(name, where, 'not valid UTF-8');
      yield checkRow(parseRow(text, name, where), schema, name, where);
    }
}

/** How many rows a file holds, as a reference has it; nothing for a folder, and for what is no file of rows. */
export async function countRows(path: string, signal?: AbortSignal): Promise<{ rows?: number }> {
  if (!/\.jsonl?(\.gz)?$/.test(path)) return {};
  let rows = 0;
  try {
    for await (const _ of streamRows(path, z.unknown(), path, signal ? { signal } : {})) rows += 1;
  } catch {
    signal?.throwIfAborted();
    return {};
  }
  return { rows };
}

/** One JSON object a line, with a newline after the last. */
export function toJsonLines(rows: Iterable<unknown>): string {
  let text = '';
  for (const row of rows) text += `${JSON.stringify(row)}\n`;
  return text;
}

function checkRow<Row>(value: unknown, schema: z.ZodType<Row>, name: string, where: string): Row {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const reason = issue ? describeIssue(issue, value, 'the row') : 'wrong shape';
  throw badRow(name, where, reason, issue?.code === 'custom' && issue.params?.fault ? LEAVE_OUT : MEND);
}

function parseRow(text: string, name: string, where: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw badRow(name, where, `no valid JSON (${(error as Error).message})`);
  }
}

const MEND = 'Mend that row and start again; nothing was read from the file.';
const LEAVE_OUT =
  'Mend that row, or have such rows left out and counted: alpaca dedupe FILE --threshold 1 --skip-bad-rows --out CLEAN.';

function badRow(name: string, where: string, reason: string, remedy = MEND): AlpacaError {
  return new AlpacaError('InvalidInput', `${name}, ${where}: ${reason}.`, { remedy });
}
