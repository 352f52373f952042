import { whileDiskIsFull } from './outage.ts';
import { showPause } from './show.ts';

/** The work of a step that is one activity: it waits while the disk is full, and says so in the Temporal UI. */
export function oneActivity<Result>(work: () => Promise<Result>): Promise<Result> {
  return whileDiskIsFull(work, showPause);
}
