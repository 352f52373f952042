import { AlpacaError } from '../../errors.ts';
import { Conversation } from '../../process/threads.ts';

export interface ParquetLimits {
  /** bytes of the file */
  most?: number;
  /** megabytes of the reading thread's heap */
  heapMegabytes?: number;
  /** milliseconds for a group of rows */
  withinMs?: number;
}

/** Twenty times the recipe's data set; the file is held in memory. */
const MOST_BYTES = 2 ** 29;
const HEAP_MEGABYTES = 4096;
const WITHIN_MS = 10 * 60_000;

/**
 * The rows of a Parquet file as JSON lines, each with its columns as fields: line 3 is row 3, and no UTF-8
 * where the row has text that is none. It is read in a thread
 * with bounds of time and memory, since a few bytes of Parquet may stand for any number of values. Read are files
 * without compression and such of Snappy, which pandas and `datasets` write.
 *
 * @throws AlpacaError InvalidInput where it cannot be read, or not within the bounds
 */
export async function* parquetAsLines(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  { most = MOST_BYTES, heapMegabytes = HEAP_MEGABYTES, withinMs = WITHIN_MS }: ParquetLimits = {},
): AsyncGenerator<Uint8Array> {
  const file = await wholeOf(chunks, name, most);
  const script = new URL('./parquet-thread.ts', import.meta.url);
  const thread = new Conversation<number, Uint8Array[] | null>(script, file, undefined, heapMegabytes);
  const late = () => thread.stop(unreadable(name, `a group took longer than ${withinMs / 1000} seconds`));
  try {
    for (let group = 0; ; group += 1) {
      // Who takes the rows may take as long as it will.
      const timer = setTimeout(late, withinMs);
      const texts = await thread.ask(group).finally(() => clearTimeout(timer));
      if (texts === null) return;
      yield* texts;
    }
  } catch (error) {
    if (error instanceof AlpacaError) throw error;
    const isMemory = Reflect.get(Object(error), 'code') === 'ERR_WORKER_OUT_OF_MEMORY';
    throw unreadable(
      name,
      isMemory ? `it took more than ${heapMegabytes} megabytes of memory` : (error as Error).message,
    );
  } finally {
    await thread.close();
  }
}

async function wholeOf(chunks: AsyncIterable<Uint8Array>, name: string, most: number): Promise<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > most) throw unreadable(name, `it has more than ${most} bytes`);
    pieces.push(chunk);
  }
  return Uint8Array.from(Buffer.concat(pieces)).buffer;
}

function unreadable(name: string, reason: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${name} is a Parquet file that cannot be read: ${reason}.`, {
    remedy: `Write its rows as JSON lines first: python -c "import pandas, sys; pandas.read_parquet(sys.argv[1]).to_json('rows.jsonl', orient='records', lines=True)" FILE.`,
  });
}
