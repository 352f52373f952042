import { firstExchange, readConversation } from '../../workflows/contracts/data/conversation.ts';
import { TEXT_FAULTS, type TextFault, textFault } from '../../workflows/contracts/data/text.ts';
import { recipeRow } from '../../workflows/contracts/data.ts';
import type { DedupeInput } from '../../workflows/contracts/dedupe.ts';
import { parseJson } from '../artifacts/formats/parse-json.ts';
import { streamGiven } from '../artifacts/given.ts';
import { type RowText, readRowTexts } from '../artifacts/lines.ts';
import { AlpacaError } from '../errors.ts';
import { comparedText } from './compared-text.ts';

/** A row as it was read: the text to dedupe by, and the JSON that it came as. */
export interface SourceRow {
  instruction: string;
  json: string;
}

/** A row that could not be read. */
export interface BadRow {
  /** the file, or `standard input` */
  source: string;
  /** as `RowText` has it */
  where: string;
  /** what such rows are counted under */
  kind: BadRowKind;
  reason: string;
}

type BadRowKind =
  | TextFault
  | 'no-utf8'
  | 'no-json'
  | 'no-object'
  | 'no-field'
  | 'no-text'
  | 'no-conversation';

type Badness = Pick<BadRow, 'kind' | 'reason'>;

export interface SourceOptions {
  /** the field whose text is compared */
  field: string;
  /** what conversations are compared by, where they have no field `instruction`; the first message unless given */
  conversationsBy?: DedupeInput['conversationsBy'];
  /** Called for each bad row, which is left out; without it the first one is thrown as `InvalidInput`. */
  onBadRow?: ((row: BadRow) => void) | undefined;
  /** what is read where the path is `-`; the process's standard input unless given */
  standardInput?: AsyncIterable<Uint8Array> | undefined;
}

/**
 * Reads rows, a batch at a time, in the forms that `readRowTexts` knows; from standard
 * input where `path` is `-`. A line that is no UTF-8, no JSON object, or has no text in the field, or
 * something else than text in the recipe's others where it is deduped by `instruction`, is a bad row.
 * A JSON array that does not end has nothing to go on with: it is thrown whatever the options. Throws `NotFound`
 * where there is no file.
 */
export async function* readSource(path: string, options: SourceOptions): AsyncGenerator<SourceRow[]> {
  const source = path === '-' ? 'standard input' : path;
  const bytes = path === '-' ? (options.standardInput ?? process.stdin) : streamGiven(path);
  for await (const texts of readRowTexts(bytes, source)) {
    const rows: SourceRow[] = [];
    for (const { where, text } of texts) {
      const row = text === null ? NO_UTF8 : checkRow({ where, text }, options);
      if ('json' in row) rows.push(row);
      else if (options.onBadRow) options.onBadRow({ source, where, ...row });
      else throw badRowError({ source, where, ...row });
    }
    yield rows;
  }
}

const NO_UTF8: Badness = { kind: 'no-utf8', reason: 'no valid UTF-8' };

/** The error of a row that is not to be skipped. */
function badRowError({ source, where, reason }: BadRow): AlpacaError {
  return new AlpacaError('InvalidInput', `${source}, ${where}: ${reason}.`, {
    remedy: 'Mend that row, or skip such rows with --skip-bad-rows.',
  });
}

/** The row, or why it is none. */
function checkRow(
  { where, text }: RowText & { text: string },
  { field, conversationsBy = 'first-message' }: SourceOptions,
): SourceRow | Badness {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    return { kind: 'no-json', reason: `no valid JSON (${(error as Error).message})` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kind: 'no-object', reason: 'expected a JSON object' };
  const row = new Map(Object.entries(value));
  // What was an element may stand on several lines.
  const json = where.startsWith('element') ? JSON.stringify(value) : text;
  const instruction: unknown = row.get(field);
  if (field === 'instruction' && instruction === undefined) {
    const messages = readConversation(value);
    if (Array.isArray(messages))
      return { instruction: comparedText({ ...firstExchange(messages), messages }, conversationsBy), json };
    if (messages !== null)
      return { kind: 'no-conversation', reason: `${messages.path.join('.')}: ${messages.reason}` };
  }
  if (instruction === undefined) return { kind: 'no-field', reason: `it has no field "${field}"` };
  if (typeof instruction !== 'string') return { kind: 'no-text', reason: `the field "${field}" is no text` };
  const bad = badField(row, field === 'instruction' ? Object.keys(recipeRow.shape) : [field]);
  return bad ?? { instruction, json };
}

/** The first of the fields that is there and holds no text; an input may be null. */
function badField(row: ReadonlyMap<string, unknown>, fields: readonly string[]): Badness | null {
  for (const field of fields) {
    const value = row.get(field);
    if (value === undefined || (field === 'input' && value === null)) continue;
    if (typeof value !== 'string') return { kind: 'no-text', reason: `the field "${field}" is no text` };
    const fault = textFault(value);
    if (fault !== null)
      return { kind: fault, reason: `the field "${field}" has ${TEXT_FAULTS[fault]}, which is no text` };
  }
  return null;
}
