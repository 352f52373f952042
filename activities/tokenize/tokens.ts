import { openGiven } from '../artifacts/given.ts';
import type { NumberedExample } from '../model/example.ts';
import { Conversation } from '../process/threads.ts';
import type { TokenColumns } from './tokens-thread.ts';
import { unreadable } from './unreadable-tokens.ts';

export interface ReadTokensLimits {
  /** megabytes of the reading thread's heap */
  heapMegabytes?: number;
  withinMs?: number;
}

/** A million rows of 512 tokens take half of it. */
const HEAP_MEGABYTES = 16_384;
const WITHIN_MS = 10 * 60_000;

/**
 * Reads what a TokenFile wrote, or any Parquet file with the same columns: in a thread with bounds of time and memory,
 * since a few bytes of Parquet may stand for any number of values.
 *
 * @throws AlpacaError InvalidInput naming the row; NotFound
 */
export async function readTokens(
  path: string,
  { heapMegabytes = HEAP_MEGABYTES, withinMs = WITHIN_MS }: ReadTokensLimits = {},
): Promise<NumberedExample[]> {
  await (await openGiven(path)).close();
  const thread = new Conversation<string, TokenColumns>(
    new URL('./tokens-thread.ts', import.meta.url),
    null,
    undefined,
    heapMegabytes,
  );
  const late = () => thread.stop(unreadable(path, `it took longer than ${withinMs / 1000} seconds`));
  const timer = setTimeout(late, withinMs);
  try {
    return examplesOf(await thread.ask(path));
  } catch (error) {
    if (Reflect.get(Object(error), 'code') !== 'ERR_WORKER_OUT_OF_MEMORY') throw error;
    throw unreadable(path, `it took more than ${heapMegabytes} megabytes of memory`);
  } finally {
    clearTimeout(timer);
    await thread.close();
  }
}

function examplesOf({ rows, lengths, inputIds, labels }: TokenColumns): NumberedExample[] {
  let end = 0;
  return Array.from(rows, (row, index) => {
    const start = end;
    end += lengths[index] ?? 0;
    // Of its own, so that a row that is kept keeps no other.
    return { row, inputIds: inputIds.slice(start, end), labels: labels.slice(start, end) };
  });
}
