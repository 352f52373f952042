import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import { AlpacaError } from '../errors.ts';

/**
 * Reading rows that a person may have made: JSONL, or a JSON array where the file starts with `[`. A bad
 * row is named by file, line (array: element), field and reason.
 */
export async function readRows<Row>(path: string, schema: z.ZodType<Row>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of streamRows(path, schema)) rows.push(row);
  return rows;
}

export async function* streamRows<Row>(path: string, schema: z.ZodType<Row>): AsyncGenerator<Row> {
  if (await startsWithBracket(path)) {
    const parsed = parseJson(await readFile(path, 'utf8'), path, 'the file');
    if (!Array.isArray(parsed)) throw badRow(path, 'the file', 'expected an array of rows');
    for (const [index, value] of parsed.entries())
      yield checkRow(value, schema, path, `element ${index + 1}`);
    return;
  }
  let line = 0;
  for await (const text of createInterface({
    input: createReadStream(path, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    line += 1;
    const trimmed = (line === 1 ? text.replace(/^\uFEFF/, '') : text).trim();
    if (trimmed !== '')
      yield checkRow(parseJson(trimmed, path, `line ${line}`), schema, path, `line ${line}`);
  }
}

/** One JSON object a line, with a newline after the last. */
export function toJsonLines(rows: Iterable<unknown>): string {
  let text = '';
  for (const row of rows) text += `${JSON.stringify(row)}\n`;
  return text;
}

function checkRow<Row>(value: unknown, schema: z.ZodType<Row>, path: string, where: string): Row {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const field = issue?.path.join('.') || 'the row';
  throw badRow(path, where, `${field}: ${issue?.message ?? 'wrong shape'}`);
}

function parseJson(text: string, path: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRow(path, where, `no valid JSON (${(error as Error).message})`);
  }
}

function badRow(path: string, where: string, reason: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${path}, ${where}: ${reason}.`, {
    remedy: 'Mend that row and start again; nothing was read from the file.',
  });
}

async function startsWithBracket(path: string): Promise<boolean> {
  try {
    for await (const chunk of createReadStream(path, {
      encoding: 'utf8',
      end: 4096,
    }) as AsyncIterable<string>) {
      return /^\uFEFF?\s*\[/.test(chunk);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new AlpacaError('NotFound', `There is no file ${path}.`, { remedy: 'Check the path.' });
    }
    throw error;
  }
  return false;
}
