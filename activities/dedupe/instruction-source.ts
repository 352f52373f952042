import { createReadStream } from 'node:fs';
import { readLines } from '../artifacts/lines.ts';
import { AlpacaError, storageError } from '../errors.ts';

/** A row as it was read: the text to dedupe by, and the JSON that it came as. */
export interface SourceRow {
  instruction: string;
  json: string;
}

/** A row that could not be read. */
export interface BadRow {
  /** the file, or `standard input` */
  source: string;
  /** `line 3`, or in a JSON array `element 3`; from 1 */
  where: string;
  reason: string;
}

export interface SourceOptions {
  /** the field whose text is compared */
  field: string;
  /** Called for each bad row, which is left out; without it the first one is thrown as `InvalidInput`. */
  onBadRow?: ((row: BadRow) => void) | undefined;
  /** what is read where the path is `-`; the process's standard input unless given */
  standardInput?: AsyncIterable<Uint8Array> | undefined;
}

/**
 * Reads rows, a batch at a time, from JSONL or, where the text begins with `[`, a JSON array; from standard
 * input where `path` is `-`. A line that is no UTF-8, no JSON object, or has no text in the field is a bad row.
 * A broken JSON array has no lines to go on with: it is thrown whatever the options. Throws `NotFound` where
 * there is no file.
 */
export async function* readSource(path: string, options: SourceOptions): AsyncGenerator<SourceRow[]> {
  const source = path === '-' ? 'standard input' : path;
  const bytes: AsyncIterable<Uint8Array> =
    path === '-'
      ? (options.standardInput ?? process.stdin)
      : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    for await (const candidates of readCandidates(bytes, source)) {
      const rows: SourceRow[] = [];
      for (const { where, json } of candidates) {
        const row = json === null ? NO_UTF8 : checkRow(json, options.field);
        if (typeof row !== 'string') rows.push(row);
        else if (options.onBadRow) options.onBadRow({ source, where, reason: row });
        else throw badRowError({ source, where, reason: row });
      }
      yield rows;
    }
  } catch (error) {
    throw readError(error, source);
  }
}

const CHUNK_BYTES = 1 << 18;
const NO_UTF8 = 'no valid UTF-8';

/** The error of a row that is not to be skipped. */
function badRowError({ source, where, reason }: BadRow): AlpacaError {
  return new AlpacaError('InvalidInput', `${source}, ${where}: ${reason}.`, {
    remedy: 'Mend that row, or skip such rows with --skip-bad-rows.',
  });
}

interface InstructionText {
  where: string;
  /** null where the bytes are no text */
  json: string | null;
}

async function* readCandidates(
  bytes: AsyncIterable<Uint8Array>,
  source: string,
): AsyncGenerator<InstructionText[]> {
  let number = 0;
  let array: string[] | null = null;
  let begun = false;
  for await (const lines of readLines(bytes)) {
    const candidates: InstructionText[] = [];
    for (const line of lines) {
      number += 1;
      const json = line?.trim() ?? null;
      if (!begun && json?.startsWith('[')) array = [];
      begun ||= json !== '';
      if (array === null) {
        if (json !== '') candidates.push({ where: `line ${number}`, json });
      } else if (json === null) throw badRowError({ source, where: `line ${number}`, reason: NO_UTF8 });
      else array.push(json);
    }
    yield candidates;
  }
  if (array !== null) yield elements(array.join('\n'), source);
}

function elements(text: string, source: string): InstructionText[] {
  let array: unknown;
  try {
    array = JSON.parse(text);
  } catch (error) {
    throw new AlpacaError('InvalidInput', `${source} is no valid JSON (${(error as Error).message}).`, {
      remedy: 'Mend the array, or write one row a line: then a bad one can be named and skipped.',
    });
  }
  const values: unknown[] = Array.isArray(array) ? array : [array];
  return values.map((value, index) => ({ where: `element ${index + 1}`, json: JSON.stringify(value) }));
}

/** The row, or why it is none. */
function checkRow(json: string, field: string): SourceRow | string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return `no valid JSON (${(error as Error).message})`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'expected a JSON object';
  if (!Object.hasOwn(value, field)) return `it has no field "${field}"`;
  const instruction: unknown = Object.entries(value).find(([name]) => name === field)?.[1];
  return typeof instruction === 'string' ? { instruction, json } : `the field "${field}" is no text`;
}

function readError(error: unknown, source: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EISDIR')
    return new AlpacaError('InvalidInput', `${source} is a folder; expected a file of rows.`, {
      remedy: 'Name the JSON or JSONL file in it.',
    });
  if (code !== 'ENOENT') return storageError(error, source);
  return new AlpacaError('NotFound', `There is no file ${source}.`, { remedy: 'Check the path.' });
}
