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
}

const FLAGS = [
  'truncated',
  'fullyMasked',
  'endOfTextLost',
  'prefixMismatch',
  'spellsSpecialToken',
] as const satisfies ReadonlyArray<keyof RowFlags>;

export function packRows(rows: readonly MaskedRow[]): MaskedChunk {
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
  return { inputIds, labels, lengths, flags };
}

/** The rows again, as views of the chunk's arrays. */
export function* unpackRows({ inputIds, labels, lengths, flags }: MaskedChunk): Generator<MaskedRow> {
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
    };
    start += length;
  }
}
