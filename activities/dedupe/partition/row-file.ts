import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Int32List } from '../rouge/int32-list.ts';

/**
 * The file of one partition's rows: 32-bit integers in the byte order of the machine (little-endian wherever
 * Node runs), for each row its number, how many tokens it has, and their ids.
 */
export class RowFileWriter {
  readonly #file: FileHandle;
  #pending = new Int32List();
  #rows = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<RowFileWriter> {
    return new RowFileWriter(await open(path, 'w'));
  }

  get rows(): number {
    return this.#rows;
  }

  add(number: number, ids: Int32Array): void {
    this.#pending.push(number);
    this.#pending.push(ids.length);
    this.#pending.pushAll(ids);
    this.#rows += 1;
  }

  /** Writes what was added, once it is worth it. */
  async drain(atLeast = WORTH_A_WRITE): Promise<void> {
    if (this.#pending.length < atLeast) return;
    const { items } = this.#pending;
    this.#pending = new Int32List();
    await this.#file.writeFile(items);
  }

  async close(): Promise<void> {
    try {
      await this.drain(1);
    } finally {
      await this.#file.close();
    }
  }
}

/** In integers: a quarter of a megabyte for each partition that is being written. */
const WORTH_A_WRITE = 1 << 16;

/** Reads a partition's rows, blocking: for a thread that has nothing else to do. */
export function* readRowFile(path: string): Generator<{ number: number; ids: Int32Array }> {
  const file = openSync(path, 'r');
  try {
    let chunk = new Int32Array(CHUNK);
    let filled = 0;
    for (;;) {
      const read = readSync(file, chunk, 4 * filled, 4 * (chunk.length - filled), null) / 4;
      filled += read;
      let start = 0;
      for (let end = rowEnd(chunk, start, filled); end <= filled; end = rowEnd(chunk, start, filled)) {
        yield { number: chunk[start] ?? 0, ids: chunk.slice(start + 2, end) };
        start = end;
      }
      if (read === 0) return;
      const longer = new Int32Array(start === 0 ? 2 * chunk.length : chunk.length);
      longer.set(chunk.subarray(start, filled));
      chunk = longer;
      filled -= start;
    }
  } finally {
    closeSync(file);
  }
}

const CHUNK = 1 << 18;

/** Where the row that begins at `start` ends; past `filled` where its head is not there yet. */
function rowEnd(chunk: Int32Array, start: number, filled: number): number {
  return start + 2 <= filled ? start + 2 + (chunk[start + 1] ?? 0) : filled + 1;
}
