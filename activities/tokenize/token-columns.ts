import type { SchemaElement } from 'hyparquet';
import type { ParquetWriter } from 'hyparquet-writer';
import { writeColumn } from 'hyparquet-writer/src/column.js';
import type { NumberedExample } from '../model/example.ts';

type PageData = Parameters<typeof writeColumn>[0]['pageData'];

const ROOT: SchemaElement = { name: 'root', num_children: 3 };
const ROW: SchemaElement = { name: 'row', type: 'INT32', repetition_type: 'REQUIRED' };

const listOf = (name: string): SchemaElement[] => [
  {
    name,
    repetition_type: 'REQUIRED',
    num_children: 1,
    converted_type: 'LIST',
    logical_type: { type: 'LIST' },
  },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'INT32', repetition_type: 'REQUIRED' },
];
const INPUT_IDS = listOf('input_ids');
const LABELS = listOf('labels');

/** The columns row (int32), input_ids and labels (lists of int32). */
export const SCHEMA: SchemaElement[] = [ROOT, ROW, ...INPUT_IDS, ...LABELS];

/**
 * Writes rows as one row group, byte for byte what the writer's own `write` makes of them. That takes lists
 * of numbers apart value by value, into arrays that grow; ours are typed and of known length, which is most
 * of the time of writing.
 */
export function writeRowGroup(parquet: ParquetWriter, rows: readonly NumberedExample[]): void {
  const start = parquet.writer.offset;
  const columns = [
    write(parquet, [ROOT, ROW], flat(Int32Array.from(rows, ({ row }) => row))),
    write(parquet, [ROOT, ...INPUT_IDS], lists(rows.map(({ inputIds }) => inputIds))),
    write(parquet, [ROOT, ...LABELS], lists(rows.map(({ labels }) => labels))),
  ];
  const sizes = columns.map(({ meta_data }) => meta_data?.total_uncompressed_size ?? 0n);
  parquet.num_rows += BigInt(rows.length);
  parquet.row_groups.push({
    columns,
    total_byte_size: sizes.reduce((sum, size) => sum + size, 0n),
    num_rows: BigInt(rows.length),
    total_compressed_size: BigInt(parquet.writer.offset - start),
  });
  // The writer of files is synchronous, and throws what goes wrong.
  void parquet.writer.flush?.();
}

/** In bytes, before compression; the writer's own default. */
const PAGE_SIZE = 1 << 20;

function write(parquet: ParquetWriter, schemaPath: SchemaElement[], pageData: PageData) {
  const element = schemaPath.at(-1);
  if (!element) throw new RangeError('a column has a schema');
  const names = schemaPath.slice(1).map(({ name }) => name);
  const written = writeColumn({
    writer: parquet.writer,
    column: {
      columnName: names.join('.'),
      element,
      schemaPath,
      codec: parquet.codec,
      compressors: { SNAPPY: parquet.compressors.SNAPPY },
      stats: parquet.statistics,
      pageSize: PAGE_SIZE,
      columnIndex: false,
      offsetIndex: true,
    },
    pageData,
  });
  parquet.pendingIndexes.push(written);
  return written.chunk;
}

function flat(values: Int32Array): PageData {
  return { values, definitionLevels: [], repetitionLevels: [], maxDefinitionLevel: 0 };
}

/**
 * Dremel's levels of a column of lists: a value has repetition level 0 where it begins a row, 1 elsewhere;
 * its definition level is 1. An empty list is one value that is not there, of definition level 0.
 */
function lists(values: readonly Int32Array[]): PageData {
  const length = values.reduce((sum, list) => sum + Math.max(1, list.length), 0);
  const all = new Int32Array(length);
  const repetitionLevels = new Array<number>(length).fill(1);
  const definitionLevels = new Array<number>(length).fill(1);
  let hasEmpty = false;
  let place = 0;
  for (const list of values) {
    all.set(list, place);
    repetitionLevels[place] = 0;
    if (list.length === 0) {
      definitionLevels[place] = 0;
      hasEmpty = true;
    }
    place += Math.max(1, list.length);
  }
  const present = hasEmpty
    ? Array.from(all, (value, i) => (definitionLevels[i] === 0 ? undefined : value))
    : all;
  return { values: present, definitionLevels, repetitionLevels, maxDefinitionLevel: 1 };
}
