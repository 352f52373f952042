import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { DataRow } from '../../../workflows/contracts/data.ts';
import { thrownByThread } from '../../process/thrown-error.ts';
import type { MaskedRow } from './mask.ts';
import { type MaskedChunk, unpackRows } from './masked-chunk.ts';
import type { MaskerOptions } from './masker.ts';

export interface MaskThreadData {
  modelPath: string;
  options: MaskerOptions;
}

/** Rows for which starting another thread and loading a tokenizer in it pays, about half a second. */
const ROWS_PER_THREAD = 1000;

/** Each has a heap and a tokenizer of its own, some 100 MB. */
const MOST_THREADS = 4;

/** Chunks given to a thread at once, so that it need not wait for the next. */
const CHUNKS_AHEAD = 2;

/** How many threads to mask so many rows with. */
export function threadsFor(rows: number): number {
  return Math.max(1, Math.min(availableParallelism(), MOST_THREADS, Math.floor(rows / ROWS_PER_THREAD)));
}

/**
 * Masks chunks of rows in threads, and yields what each row became in the order that they have here. Rows do not depend on
 * each other, so how many threads there are changes nothing.
 */
export async function* maskInThreads(
  chunks: Iterable<DataRow[]>,
  count: number,
  data: MaskThreadData,
): AsyncGenerator<MaskedRow[][]> {
  const threads = Array.from({ length: count }, () => new MaskThread(data));
  const ahead: Promise<MaskedChunk>[] = [];
  let given = 0;
  let first = 0;
  try {
    for (const chunk of chunks) {
      const thread = threads[given % count];
      if (thread) ahead.push(thread.mask(chunk, first));
      given += 1;
      first += chunk.length;
      if (ahead.length === count * CHUNKS_AHEAD) yield* takeFirst(ahead);
    }
    while (ahead.length > 0) yield* takeFirst(ahead);
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
}

async function* takeFirst(ahead: Promise<MaskedChunk>[]): AsyncGenerator<MaskedRow[][]> {
  const first = ahead.shift();
  if (first) yield [...unpackRows(await first)];
}

/** A thread that answers in the order of asking. */
class MaskThread {
  readonly #worker: Worker;
  readonly #pending: { resolve(chunk: MaskedChunk): void; reject(error: unknown): void }[] = [];
  #failed: { error: unknown } | null = null;

  constructor(workerData: MaskThreadData) {
    this.#worker = new Worker(new URL('./mask-thread.ts', import.meta.url), { workerData });
    this.#worker.on('message', (chunk: MaskedChunk) => this.#pending.shift()?.resolve(chunk));
    this.#worker.on('error', (error) => {
      this.#failed = { error: thrownByThread(error) };
      for (const { reject } of this.#pending.splice(0)) reject(this.#failed.error);
    });
  }

  mask(rows: DataRow[], first: number): Promise<MaskedChunk> {
    const masked = new Promise<MaskedChunk>((resolve, reject) => {
      if (this.#failed) reject(this.#failed.error);
      else this.#pending.push({ resolve, reject });
    });
    // It is awaited in its turn; until then another chunk may have failed before it.
    masked.catch(() => {});
    if (!this.#failed) this.#worker.postMessage({ rows, first });
    return masked;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
