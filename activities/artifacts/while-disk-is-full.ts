import { setTimeout as delay } from 'node:timers/promises';
import { FAILURES } from '../../workflows/contracts/failures.ts';
import { AlpacaError } from '../errors.ts';

/** Between two tries to write on a disk that is full or away, in milliseconds. */
const WAIT_MS = 1000;

/**
 * Writes what was paid for: it waits for room on the disk, or for a store that is away, and no stop of the attempt
 * gives the answer up.
 */
export async function whileDiskIsFull<Result>(write: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof AlpacaError) || FAILURES[error.code].pauses !== 'storage') throw error;
      await delay(WAIT_MS);
    }
  }
}
