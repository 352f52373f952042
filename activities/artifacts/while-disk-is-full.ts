import { setTimeout as delay } from 'node:timers/promises';
import { AlpacaError } from '../errors.ts';

/** Between two tries to write on a full disk, in milliseconds. */
const WAIT_MS = 1000;

/** Writes what was paid for: it waits for room on the disk, and no stop of the attempt gives the answer up. */
export async function whileDiskIsFull<Result>(write: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof AlpacaError) || error.code !== 'StorageFull') throw error;
      await delay(WAIT_MS);
    }
  }
}
