import { streamGiven } from '../artifacts/given.ts';
import { type RowText, readRowTexts } from '../artifacts/lines.ts';
import { parseJson } from '../artifacts/rows.ts';
import { AlpacaError } from '../errors.ts';

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
 * A JSON array that does not end has nothing to go on with: it is thrown whatever the options. Throws `NotFound`
 * where there is no file.
 */
export async function* readSource(path: string, options: SourceOptions): AsyncGenerator<SourceRow[]> {
  const source = path === '-' ? 'standard input' : path;
  const bytes = path === '-' ? (options.standardInput ?? process.stdin) : streamGiven(path);
  for await (const texts of readRowTexts(bytes, source)) {
    const rows: SourceRow[] = [];
    for (const { where, text } of texts) {
      const row = text === null ? NO_UTF8 : checkRow({ where, text }, options.field);
      if (typeof row !== 'string') rows.push(row);
      else if (options.onBadRow) options.onBadRow({ source, where, reason: row });
      else throw badRowError({ source, where, reason: row });
    }
    yield rows;
  }
}

const NO_UTF8 = 'no valid UTF-8';

/** The error of a row that is not to be skipped. */
function badRowError({ source, where, reason }: BadRow): AlpacaError {
  return new AlpacaError('InvalidInput', `${source}, ${where}: ${reason}.`, {
    remedy: 'Mend that row, or skip such rows with --skip-bad-rows.',
  });
}

/** The row, or why it is none. */
function checkRow({ where, text }: RowText & { text: string }, field: string): SourceRow | string {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    return `no valid JSON (${(error as Error).message})`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'expected a JSON object';
  if (!Object.hasOwn(value, field)) return `it has no field "${field}"`;
  const instruction: unknown = Object.entries(value).find(([name]) => name === field)?.[1];
  if (typeof instruction !== 'string') return `the field "${field}" is no text`;
  // What was an element may stand on several lines.
  return { instruction, json: where.startsWith('line') ? text : JSON.stringify(value) };
}
