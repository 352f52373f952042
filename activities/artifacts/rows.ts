import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { describeIssue } from '../../workflows/decisions/issue-text.ts';
import { AlpacaError } from '../errors.ts';

/**
 * Reading rows that a person may have made: JSONL, or a JSON array where the file starts with `[`. A bad
 * row is named by file, line (array: element), field and reason.
 *
 * `name` is what messages call the file: what the user named, where that was imported into the store.
 *
 * @throws AlpacaError NotFound, or InvalidInput for a folder, bytes that are no UTF-8, and bad rows
 */
export async function readRows<Row>(path: string, schema: z.ZodType<Row>, name = path): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of streamRows(path, schema, name)) rows.push(row);
  return rows;
}

/** The same, a row at a time. */
export async function* streamRows<Row>(
  path: string,
  schema: z.ZodType<Row>,
  name = path,
): AsyncGenerator<Row> {
  await checkIsFile(path, name);
  if (await startsWithBracket(path)) {
    const text = withoutMark(decode(await readFile(path), name, 'the file'));
    const parsed = parseJson(text, name, 'the file');
    if (!Array.isArray(parsed)) throw badRow(name, 'the file', 'expected an array of rows');
    for (const [index, value] of parsed.entries())
      yield checkRow(value, schema, name, `element ${index + 1}`);
    return;
  }
  let line = 0;
  for await (const bytes of linesOf(path)) {
    line += 1;
    const where = `line ${line}`;
    const decoded = decode(bytes, name, where);
    const text = (line === 1 ? withoutMark(decoded) : decoded).trim();
    if (text !== '') yield checkRow(parseJson(text, name, where), schema, name, where);
  }
}

/** How many rows a file holds, as a reference has it; nothing for a folder, and for what is no file of rows. */
export async function countRows(path: string): Promise<{ rows?: number }> {
  if (!/\.jsonl?$/.test(path) || !(await stat(path)).isFile()) return {};
  let rows = 0;
  try {
    for await (const _ of streamRows(path, z.unknown())) rows += 1;
  } catch {
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

async function* linesOf(path: string): AsyncGenerator<Uint8Array> {
  const NEWLINE = 0x0a;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE, start); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      yield bytes.subarray(start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) yield rest;
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array, name: string, where: string): string {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    throw badRow(name, where, 'not valid UTF-8');
  }
}

function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

function checkRow<Row>(value: unknown, schema: z.ZodType<Row>, name: string, where: string): Row {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw badRow(name, where, issue ? describeIssue(issue, value, 'the row') : 'wrong shape');
}

function parseJson(text: string, name: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRow(name, where, `no valid JSON (${(error as Error).message})`);
  }
}

function badRow(name: string, where: string, reason: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${name}, ${where}: ${reason}.`, {
    remedy: 'Mend that row and start again; nothing was read from the file.',
  });
}

async function checkIsFile(path: string, name: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new AlpacaError('NotFound', `There is no file ${name}.`, { remedy: 'Check the path.' });
  });
  if (found.isDirectory()) {
    throw new AlpacaError('InvalidInput', `${name} is a folder; expected a file of rows.`, {
      remedy: 'Name the JSON or JSONL file in it.',
    });
  }
}

async function startsWithBracket(path: string): Promise<boolean> {
  for await (const chunk of createReadStream(path, {
    encoding: 'utf8',
    end: 4096,
  }) as AsyncIterable<string>) {
    return /^\uFEFF?\s*\[/.test(chunk);
  }
  return false;
}
