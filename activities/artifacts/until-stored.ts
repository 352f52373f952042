import { setTimeout as delay } from 'node:timers/promises';
import { AlpacaError } from '../errors.ts';
import { log } from '../log.ts';

/** Between two tries, in milliseconds. */
const WAIT_MS = 1000;

/**
 * Writes what was paid for: it waits until the store takes it, whatever is wrong with the store (full, away,
 * read-only, no permission), and no stop of the attempt gives the answer up.
 *
 * @throws a defect of ours, which no waiting mends
 */
export async function untilStored<Result>(write: () => Promise<Result>, waitMs = WAIT_MS): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (!isOfStorage(error)) throw error;
      if (tries === 0)
        log.warn('What is paid for cannot be written; it is kept in memory and tried again.', {
          reason: error.message,
        });
      await delay(waitMs);
    }
  }
}

/** An error of the file system, in our words or in Node's. */
function isOfStorage(error: unknown): error is Error {
  return error instanceof AlpacaError || (error instanceof Error && 'errno' in error);
}
