import { parentPort, workerData } from 'node:worker_threads';
import type { DataRow } from '../../workflows/contracts/data.ts';
import type { Verdict } from '../../workflows/contracts/filter.ts';
import { createLook, type LookOptions } from './look.ts';

/** Looks at batches of rows as long as it is asked; the other end is filter-rows. */
export type LookRequest = Omit<DataRow, 'provenance'>[];
export type LookReply = (Verdict | null)[];

const look = createLook(workerData as LookOptions);
parentPort?.on('message', (rows: LookRequest) => {
  const verdicts: LookReply = rows.map(look);
  parentPort?.postMessage(verdicts);
});
