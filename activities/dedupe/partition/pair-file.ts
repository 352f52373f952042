import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/**
 * The file of the pairs that one partition found, in ascending order of the later row: 16 bytes for each, the
 * numbers of the earlier and the later row as 32-bit integers and the score as a double, in the byte order of
 * the machine.
 */
export class PairFileWriter {
  readonly #file: number;
  readonly #integers = new Int32Array(4 * PAIRS_PER_CHUNK);
  readonly #doubles = new Float64Array(this.#integers.buffer);
  #filled = 0;
  #pairs = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  get pairs(): number {
    return this.#pairs;
  }

  add(earlier: number, later: number, score: number): void {
    this.#integers[4 * this.#filled] = earlier;
    this.#integers[4 * this.#filled + 1] = later;
    this.#doubles[2 * this.#filled + 1] = score;
    this.#filled += 1;
    this.#pairs += 1;
    if (this.#filled === PAIRS_PER_CHUNK) this.#write();
  }

  close(): void {
    try {
      this.#write();
      fsyncSync(this.#file);
    } finally {
      closeSync(this.#file);
    }
  }

  #write(): void {
    const bytes = new Uint8Array(this.#integers.buffer, 0, BYTES_PER_PAIR * this.#filled);
    for (let written = 0; written < bytes.length; )
      written += writeSync(this.#file, bytes, written, bytes.length - written);
    this.#filled = 0;
  }
}

const BYTES_PER_PAIR = 16;
const PAIRS_PER_CHUNK = 4096;

/** Reads a file of pairs from its begin, always standing at one pair. */
export class PairFileReader {
  readonly #file: FileHandle;
  readonly #integers = new Int32Array(4 * PAIRS_PER_CHUNK);
  readonly #doubles = new Float64Array(this.#integers.buffer);
  #at = 0;
  #filled = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<PairFileReader> {
    const reader = new PairFileReader(await open(path));
    await reader.refill();
    return reader;
  }

  get earlier(): number {
    return this.#integers[4 * this.#at] ?? 0;
  }

  /** Infinity past the last pair. */
  get later(): number {
    return this.#at < this.#filled ? (this.#integers[4 * this.#at + 1] ?? 0) : Number.POSITIVE_INFINITY;
  }

  get score(): number {
    return this.#doubles[2 * this.#at + 1] ?? 0;
  }

  /** Goes to the next pair; false where it has to be read first, with `refill`. */
  advance(): boolean {
    this.#at += 1;
    return this.#at < this.#filled;
  }

  async refill(): Promise<void> {
    let bytes = 0;
    for (;;) {
      const room = this.#integers.byteLength - bytes;
      const { bytesRead } = await this.#file.read(new Uint8Array(this.#integers.buffer), bytes, room, null);
      bytes += bytesRead;
      if (bytesRead === 0 || bytes === this.#integers.byteLength) break;
    }
    this.#at = 0;
    this.#filled = Math.floor(bytes / BYTES_PER_PAIR);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
