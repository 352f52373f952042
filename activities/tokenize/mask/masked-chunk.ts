import type { MaskedRow, RowFlags } from './mask.ts';

/**
 * Masked rows as four arrays, which go from one thread to another without being copied; many small arrays
 * take longer to send and to collect than to fill.
 */
export interface MaskedChunk {
  /** of all rows, one after another */
  inputIds: Int32Array<ArrayBuffer>;
  labels: Int32Array<ArrayBuffer>;
  /** of each row, in tokens */
  lengths: Int32Array<ArrayBuffer>;
  /** of each row, a bit for each flag */
  flags: Uint8Array<ArrayBuffer>;
  /** of each row, how many messages it has */
  messages: Int32Array<ArrayBuffer>;
  /** how many of the rows each row that was given became */
  becoming: Int32Array<ArrayBuffer>;
}

const FLAGS = [
  'truncated',
  'fullyMasked',
  'endOfTextLost',
  'prefixMismatch',
  'spellsSpecialToken',
  'isRewritten',
] as const satisfies ReadonlyArray<keyof RowFlags>;

/** @param given for each row that was given, what it became */
export function packRows(given: readonly (readonly MaskedRow[])[]): MaskedChunk {
  const rows = given.flat();
  const tokens = rows.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
  const [inputIds, labels] = [new Int32Array(tokens), new Int32Array(tokens)];
  let start = 0;
  for (const row of rows) {
    inputIds.set(row.inputIds, start);
    labels.set(row.labels, start);
    start += row.inputIds.length;
  }
  const lengths = Int32Array.from(rows, (row) => row.inputIds.length);
  const flags = Uint8Array.from(rows, (row) =>
    FLAGS.reduce((bits, flag, bit) => bits | (Number(row[flag]) << bit), 0),
  );
  const messages = Int32Array.from(rows, (row) => row.messages);
  const becoming = Int32Array.from(given, (became) => became.length);
  return { inputIds, labels, lengths, flags, messages, becoming };
}

/** The rows again, as views of the chunk's arrays. */
export function* unpackRows(chunk: MaskedChunk): Generator<MaskedRow[]> {
  const rows = [...viewsOf(chunk)];
  let start = 0;
  for (const count of chunk.becoming) {
    yield rows.slice(start, start + count);
    start += count;
  }
}

function* viewsOf({ inputIds, labels, lengths, flags, messages }: MaskedChunk): Generator<MaskedRow> {
  let start = 0;
  for (const [i, length] of lengths.entries()) {
    const has = (flag: keyof RowFlags) => (((flags[i] ?? 0) >> FLAGS.indexOf(flag)) & 1) === 1;
    yield {
      inputIds: inputIds.subarray(start, start + length),
      labels: labels.subarray(start, start + length),
      truncated: has('truncated'),
      fullyMasked: has('fullyMasked'),
      endOfTextLost: has('endOfTextLost'),
      prefixMismatch: has('prefixMismatch'),
      spellsSpecialToken: has('spellsSpecialToken'),
      isRewritten: has('isRewritten'),
      messages: messages[i] ?? 0,
    };
    start += length;
  }
}
