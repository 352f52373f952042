import { rename, rm } from 'node:fs/promises';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { temporaryName } from '../artifacts/atomic.ts';
import { storageError } from '../errors.ts';
import type { NumberedExample } from '../model/example.ts';
import { SCHEMA, writeRowGroup } from './token-columns.ts';

/**
 * A Parquet file of tokens that is written a row group at a time, so that no more than one group is in
 * memory. It has the columns row (int32), input_ids and labels (lists of int32), which pandas and
 * `datasets` open, and appears whole with `close` or not at all. Equal rows give equal bytes.
 */
export class TokenFile {
  readonly path: string;
  readonly #temporary: string;
  readonly #parquet: ParquetWriter;
  #group: NumberedExample[] = [];
  #rows = 0;

  constructor(path: string) {
    this.path = path;
    this.#temporary = temporaryName(path);
    this.#parquet = this.#checked(
      () =>
        new ParquetWriter({
          writer: fileWriter(this.#temporary),
          schema: SCHEMA,
          createdBy: 'alpaca-temporal',
        }),
    );
  }

  /** how many rows were added */
  get rows(): number {
    return this.#rows;
  }

  add(row: NumberedExample): void {
    this.#group.push(row);
    this.#rows += 1;
    if (this.#group.length === ROWS_PER_GROUP) this.#writeGroup();
  }

  async close(): Promise<void> {
    this.#writeGroup();
    this.#checked(() => this.#parquet.finish());
    await rename(this.#temporary, this.path).catch((error) => {
      throw storageError(error, this.path);
    });
  }

  /** Takes away what was not closed. */
  async discard(): Promise<void> {
    await rm(this.#temporary, { force: true });
  }

  #writeGroup(): void {
    const rows = this.#group;
    this.#group = [];
    if (rows.length === 0) return;
    this.#checked(() => writeRowGroup(this.#parquet, rows));
  }

  #checked<Result>(write: () => Result): Result {
    try {
      return write();
    } catch (error) {
      throw storageError(error, this.path);
    }
  }
}

const ROWS_PER_GROUP = 10_000;
