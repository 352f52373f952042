import { AlpacaError } from '../../errors.ts';
import { parseJson } from './parse-json.ts';
import { type Peeked, peek } from './peek.ts';

/** What a file is that begins with a brace: lines of rows, or one object over several lines, or around its rows. */
export type Document = { lines: AsyncIterable<Uint8Array> } | { row: object } | { list: readonly unknown[] };

/**
 * Reads a file that begins with a brace. It is one document where its first line is no whole row and all of it is one
 * JSON object; of what has more than `most` bytes, what its first two lines are is decisive.
 *
 * @param name what messages call the file
 * @throws AlpacaError InvalidInput for an object of more than `most` bytes, and naming the lists, where more than one of the
 *   object has rows: none is left out unsaid
 */
export async function readDocument(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  most = MOST_DOCUMENT_BYTES,
): Promise<Document> {
  const short = await peek(chunks, LINE_BYTES);
  if (beginsWithRow(short)) return { lines: short.whole };
  const long = await peek(short.whole, most + 1);
  if (!long.ended && !beginsWithRow(long) && !isRowOnSecondLine(long.head)) {
    await long.leave();
    throw new AlpacaError('InvalidInput', `${name} is one JSON object of more than ${most} bytes.`, {
      remedy: 'Write its rows one a line: a file of lines may have any size.',
    });
  }
  const document = long.ended ? objectOf(long.head) : null;
  if (document === null) return { lines: long.whole };
  await long.leave();
  const list = listIn(document);
  if (list === null) return { row: document };
  requireOneList(document, name);
  return { list };
}

// details -----------------------------------------------------------------------------------------------
/** Three times the recipe's data set. */
const MOST_DOCUMENT_BYTES = 2 ** 26;
/** So much of a line is looked at before more of the file is. */
const LINE_BYTES = 2 ** 16;

/** What people call the list of rows in an object that says more of a data set. */
const LISTS = ['data', 'rows', 'train', 'examples'];

function beginsWithRow({ head, ended }: Peeked): boolean {
  const end = head.indexOf('\n', head.indexOf('{'));
  if (end === -1 && !ended) return false;
  const first = objectOf(head.subarray(0, end === -1 ? head.length : end));
  return first !== null && listIn(first) === null;
}

/** Of lines of rows the first may be broken; an object that goes on has no whole one behind its first. */
function isRowOnSecondLine(head: Buffer): boolean {
  const start = head.indexOf('\n', head.indexOf('{')) + 1;
  const end = head.indexOf('\n', start);
  return start > 0 && end !== -1 && objectOf(head.subarray(start, end)) !== null;
}

function objectOf(bytes: Uint8Array): object | null {
  try {
    const value = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function requireOneList(document: object, name: string): void {
  const lists = Object.entries(document).filter(([, list]) => Array.isArray(list) && list.some(isRow));
  if (lists.length < 2) return;
  throw new AlpacaError(
    'InvalidInput',
    `${name} has rows in more than one list: ${lists.map(([key, list]) => `"${key}" (${list.length})`).join(', ')}.`,
    { remedy: 'Write those that are meant into a file of their own, as a JSON array or one row a line.' },
  );
}

function isRow(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'instruction' in value;
}

function listIn(value: object): readonly unknown[] | null {
  if ('instruction' in value) return null;
  for (const [name, list] of Object.entries(value))
    if (LISTS.includes(name) && Array.isArray(list)) return list;
  return null;
}
