import { TURN_FIELDS } from '../../../workflows/contracts/data/conversation.ts';
import { AlpacaError } from '../../errors.ts';
import { parseJson } from './parse-json.ts';

/** What is between the cells of a table: comma or tab. */
export type Separator = ',' | '\t';

/**
 * What separates the cells of a table, by its first line of column names, where none of its lines begins like a row of
 * JSON: lines of which the first alone is broken stay lines. Null where the file is no table.
 *
 * @param head what the file begins with
 */
export function separatorOf(head: Uint8Array): Separator | null {
  const text = new TextDecoder().decode(head);
  if (/^\s*\{\s*"(?!")/m.test(text)) return null;
  const [first = ''] = text.trim().split(/\r?\n/, 1);
  if (TURN_FIELDS.includes(first.replaceAll('"', ''))) return ',';
  for (const separator of SEPARATORS) {
    const columns = first.split(separator);
    if (columns.length > 1 && columns.every((column) => COLUMN.test(column))) return separator;
  }
  return null;
}

/**
 * The rows of a table (RFC 4180: quotation marks around a cell, two for one inside it) as JSON lines, each with its
 * columns as fields: line 3 is row 3, the row of column names left aside. A column of messages holds them as JSON.
 *
 * @throws AlpacaError InvalidInput naming the row, where it has more or fewer cells than there are columns, its
 *   quotation does not end, or it is too long; for bytes that are no UTF-8
 */
export async function* tableAsLines(
  chunks: AsyncIterable<Uint8Array>,
  separator: Separator,
  name: string,
): AsyncGenerator<Uint8Array> {
  let columns: string[] | null = null;
  let row = 0;
  const fail = (how: string) => {
    const where = columns === null ? 'the row of column names' : `row ${row + 1}`;
    return new AlpacaError('InvalidInput', `${name}, ${where}: ${how}.`, {
      remedy: 'Mend that row, or write the table as JSON lines.',
    });
  };
  const table = new Cells(separator, fail);
  const lines = function* (records: Iterable<string[]>) {
    for (const cells of records) {
      if (columns === null) columns = cells.map((cell) => cell.trim());
      else {
        if (cells.length !== columns.length)
          throw fail(`it has ${cells.length} cells, and there are ${columns.length} columns`);
        row += 1;
        yield `${JSON.stringify(Object.fromEntries(columns.flatMap((column, i) => fieldOf(column, cells[i] ?? ''))))}\n`;
      }
    }
  };
  for await (const text of decoded(chunks, name)) yield Buffer.from([...lines(table.add(text))].join(''));
  yield Buffer.from([...lines(table.end())].join(''));
}

// details -----------------------------------------------------------------------------------------------
const SEPARATORS: readonly Separator[] = ['\t', ','];
const COLUMN = /^ *"?[\p{L}\d_ .-]{1,60}"? *$/u;
/** UTF-16 units of one row: as many as of any row, in bytes. */
const MOST_CHARACTERS = 1 << 24;

/** A cell of messages as what it spells; what is no JSON stays text, which is refused by the row's form. */
function fieldOf(column: string, cell: string): [string, unknown][] {
  if (!TURN_FIELDS.includes(column)) return [[column, cell]];
  if (cell.trim() === '') return [];
  try {
    return [[column, parseJson(cell)]];
  } catch {
    return [[column, cell]];
  }
}

async function* decoded(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new AlpacaError('InvalidInput', `${name} is no valid UTF-8.`, { remedy: 'Save it as UTF-8.' });
    }
  };
  for await (const chunk of chunks) yield decode(chunk);
  yield decode();
}

/** Cuts text into rows of cells, as it comes. */
class Cells {
  readonly #separator: Separator;
  readonly #fail: (how: string) => AlpacaError;
  /** the row that is not complete yet */
  #rest = '';

  constructor(separator: Separator, fail: (how: string) => AlpacaError) {
    this.#separator = separator;
    this.#fail = fail;
  }

  *add(text: string): Generator<string[]> {
    yield* this.#cut(this.#rest + text, false);
  }

  *end(): Generator<string[]> {
    yield* this.#cut(this.#rest, true);
  }

  *#cut(text: string, isLast: boolean): Generator<string[]> {
    let at = 0;
    while (at < text.length) {
      const cells: string[] = [];
      let next = at;
      for (let open = true; open; ) {
        const cell = this.#cellAt(text, next, isLast);
        if (cell === null) {
          if (text.length - at > MOST_CHARACTERS) throw this.#fail('it is too long');
          this.#rest = text.slice(at);
          return;
        }
        cells.push(cell.text);
        open = text[cell.end] === this.#separator;
        next = cell.end + (text.startsWith('\r\n', cell.end) ? 2 : 1);
      }
      at = next;
      // A line with nothing on it is no row.
      if (cells.length > 1 || cells[0] !== '') yield cells;
    }
    this.#rest = '';
  }

  /** The cell that begins at a place, and where it ends; null where more text is needed to tell. */
  #cellAt(text: string, start: number, isLast: boolean): { text: string; end: number } | null {
    if (text[start] !== '"') {
      let end = start;
      while (end < text.length && text[end] !== this.#separator && text[end] !== '\n') end += 1;
      if (end === text.length && !isLast) return null;
      const isReturn = text[end - 1] === '\r' && text[end] !== this.#separator && end > start;
      return { text: text.slice(start, isReturn ? end - 1 : end), end };
    }
    for (let mark = text.indexOf('"', start + 1); mark !== -1; mark = text.indexOf('"', mark + 2)) {
      if (text[mark + 1] === '"') continue;
      const end = text.startsWith('\r\n', mark + 1) ? mark + 2 : mark + 1;
      if (mark + 2 >= text.length && !isLast) return null;
      if (end < text.length && text[end] !== this.#separator && text[end] !== '\n')
        throw this.#fail('text stands behind a cell in quotation marks');
      return { text: text.slice(start + 1, mark).replaceAll('""', '"'), end };
    }
    if (isLast) throw this.#fail('a quotation does not end');
    return null;
  }
}
