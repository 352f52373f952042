import { AlpacaError } from '../errors.ts';
import { readDocument } from './formats/document.ts';
import { peek } from './formats/peek.ts';
import { separatorOf, tableAsLines } from './formats/table.ts';
import { asUtf8, type Utf8 } from './formats/utf8.ts';

/** A row of a file as text: a line that is not blank, or an element of a JSON array. */
export interface RowText {
  /** `line 3`, in Parquet and tables `row 3`, or in a JSON array `element 3`, from 1; `the object` where the file is one row */
  where: string;
  /** null where the bytes are no UTF-8 */
  text: string | null;
}

/** Bytes of one row: public instruction sets have none of more than one of these sixteen megabytes. */
export const MOST_ROW_BYTES = 1 << 24;

/**
 * The rows of JSONL; where the text begins with `[`, of a JSON array; or of one JSON object, which is a row over several
 * lines or has its rows in a list (`{"data": [...]}`): those that each chunk completes; or of CSV or TSV with a first line of
 * column names. All of it may be gzip, UTF-16 or Parquet.
 * What is between the commas of an array is not looked at further than strings and brackets go.
 *
 * @param name what messages call the file
 * @param most bytes that may come out of gzip
 * @throws AlpacaError InvalidInput naming the row that is too long, what is no array, what is no
 *   file of JSON, an object that is too long, and an object with rows in more than one list
 */
export async function* readRowTexts(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  most?: number,
): AsyncGenerator<RowText[]> {
  const utf8 = await asUtf8(chunks, name, most);
  const { head, whole } = await peek(utf8.chunks, HEAD_BYTES);
  const first = head.find((byte) => !BLANK.has(byte));
  const separator = first === BRACE || first === BRACKET ? null : separatorOf(head);
  const rows = separator === null ? whole : tableAsLines(whole, separator, name);
  const unit = separator === null ? utf8.unit : 'row';
  const document = first === BRACE ? await readDocument(whole, name) : { lines: rows };
  if ('row' in document) yield [textOf(document.row, 'the object', name)];
  else if ('list' in document)
    for (const [index, row] of document.list.entries()) yield [textOf(row, `element ${index + 1}`, name)];
  else {
    const { split, finish } = first === BRACKET ? arrayOf(name) : linesOf(name, unit);
    for await (const chunk of document.lines) yield split(chunk);
    yield finish();
  }
}

function textOf(row: unknown, where: string, name: string): RowText {
  const text = JSON.stringify(row);
  if (Buffer.byteLength(text) > MOST_ROW_BYTES) throw tooLong(name, where);
  return { where, text };
}

/**
 * Splits a stream of bytes at line feeds and decodes each line as UTF-8, dropping a byte order mark; a line
 * that is no valid UTF-8 is null. Gives the lines that each chunk completes.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Array<string | null>> {
  const open = new OpenRow(Number.POSITIVE_INFINITY, () => new RangeError('a line has no end'));
  for await (const chunk of chunks) {
    const lines: Array<string | null> = [];
    splitLines(chunk, open, (line) => lines.push(line));
    yield lines;
  }
  if (!open.isEmpty) yield [open.end()];
}

// details -----------------------------------------------------------------------------------------------
// UTF-8 has none of these inside a character, so a row never holds half of one.
const [LINE_FEED, QUOTE, COMMA, BACKSLASH, BRACKET, BRACE, BRACE_END] = [
  0x0a, 0x22, 0x2c, 0x5c, 0x5b, 0x7b, 0x7d,
];
const [OPENING, CLOSING]: readonly (readonly number[])[] = [
  [0x5b, 0x7b],
  [0x5d, 0x7d],
];
/** White space of JSON, and the bytes of a byte order mark. */
const BLANK: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);
/** So much white space before an array is none. */
const HEAD_BYTES = 4096;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The row that is not complete yet: in pieces, since joining them at each chunk would take quadratic time. */
class OpenRow {
  readonly #most: number;
  readonly #tooLong: () => Error;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(most: number, tooLong: () => Error) {
    this.#most = most;
    this.#tooLong = tooLong;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#bytes += piece.length;
    if (this.#bytes > this.#most) throw this.#tooLong();
    this.#pieces.push(piece);
  }

  end(): string | null {
    // Of a few bytes of gzip come millions of empty lines, and decoding nothing takes as long as a word.
    if (this.#bytes === 0) return '';
    const [only = new Uint8Array()] = this.#pieces;
    const whole = this.#pieces.length < 2 ? only : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    try {
      return UTF8.decode(whole);
    } catch {
      return null;
    }
  }
}

function splitLines(chunk: Uint8Array, open: OpenRow, onLine: (line: string | null) => void): void {
  let start = 0;
  for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
    open.add(chunk.subarray(start, end));
    onLine(open.end());
    start = end + 1;
  }
  open.add(chunk.subarray(start));
}

interface Splitter {
  split(chunk: Uint8Array): RowText[];
  finish(): RowText[];
}

function linesOf(name: string, unit: Utf8['unit']): Splitter {
  let number = 0;
  const open = new OpenRow(MOST_ROW_BYTES, () => tooLong(name, `${unit} ${number + 1}`));
  const rows: RowText[] = [];
  const onLine = (line: string | null) => {
    number += 1;
    const text = line?.trim() ?? null;
    if (text !== '') rows.push({ where: `${unit} ${number}`, text });
  };
  return {
    split: (chunk) => {
      splitLines(chunk, open, onLine);
      return rows.splice(0);
    },
    finish: () => {
      if (!open.isEmpty) onLine(open.end());
      return rows.splice(0);
    },
  };
}

function arrayOf(name: string): Splitter {
  let number = 1;
  let depth = 0;
  let [inString, escaped, hasElements] = [false, false, false];
  const open = new OpenRow(MOST_ROW_BYTES, () => tooLong(name, `element ${number}`));
  const complete = (): RowText => {
    const text = open.end()?.trim() ?? null;
    number += 1;
    return { where: `element ${number - 1}`, text };
  };
  const split = (chunk: Uint8Array): RowText[] => {
    const rows: RowText[] = [];
    let start = 0;
    for (let i = 0; i < chunk.length; i += 1) {
      const byte = chunk[i] ?? 0;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (depth === 0) {
        // Before the array, and after it.
        if (BLANK.has(byte)) continue;
        if (byte !== BRACKET || number > 1 || hasElements) throw noArray(name, 'something comes after it');
        [depth, start, hasElements] = [1, i + 1, true];
      } else if (byte === QUOTE) inString = true;
      else if (OPENING?.includes(byte)) depth += 1;
      else if (CLOSING?.includes(byte) || (byte === COMMA && depth === 1)) {
        if (byte === BRACE_END && depth === 1) continue;
        if (byte !== COMMA) depth -= 1;
        if (depth > 1 || (depth === 1 && byte !== COMMA)) continue;
        open.add(chunk.subarray(start, i));
        const row = complete();
        if (depth === 1 || row.text !== '' || row.where !== 'element 1') rows.push(row);
        start = i + 1;
      }
    }
    if (depth > 0) open.add(chunk.subarray(start));
    return rows;
  };
  return {
    split,
    finish: () => {
      if (depth > 0) throw noArray(name, 'it does not end');
      return [];
    },
  };
}

function tooLong(name: string, where: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${name}, ${where}: it has more than ${MOST_ROW_BYTES} bytes.`, {
    remedy: 'Check that the file has a row on each line, and divide what is so long.',
  });
}

function noArray(name: string, how: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${name} is no valid JSON array: ${how}.`, {
    remedy: 'Mend the array, or write one row a line: then a bad one can be named and skipped.',
  });
}
