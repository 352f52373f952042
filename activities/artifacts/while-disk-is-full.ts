import { setTimeout as delay } from 'node:timers/promises';
import { AlpacaError } from '../errors.ts';

/** Between two tries to write on a disk that is full or away, in milliseconds. */
const WAIT_MS = 1000;

/**
 * Writes what was paid for: it waits until the store takes it, whatever is wrong with the store (full, away,
 * read-only, no permission), and no stop of the attempt gives the answer up.
 */
export async function whileDiskIsFull<Result>(write: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!isOfStorage(error)) throw error;
      await delay(WAIT_MS);
    }
  }
}

/** An error of the file system, in our words or in Node's; a defect of ours is none. */
function isOfStorage(error: unknown): boolean {
  return error instanceof AlpacaError || (error instanceof Error && 'errno' in error);
}
