import { parentPort, workerData } from 'node:worker_threads';
import { PairFileWriter } from './pair-file.ts';
import { PairIndex } from './pair-index.ts';
import type { PartitionOptions } from './partition-keys.ts';
import { readRowFile } from './row-file.ts';

/** The thread that finds one partition's pairs: from a file of rows to a file of pairs. */
export interface PairsSettings extends PartitionOptions {
  partition: number;
  rowsPath: string;
  pairsPath: string;
}

/** Sent every so many rows, and at the end. */
export interface PairsProgress {
  rows: number;
  pairs: number;
}

const EVERY_ROWS = 1000;

const settings = workerData as PairsSettings;
const index = new PairIndex(settings);
const writer = new PairFileWriter(settings.pairsPath);
let rows = 0;
try {
  for (const { number, ids } of readRowFile(settings.rowsPath)) {
    index.add(number, ids, (earlier, score) => writer.add(earlier, number, score));
    rows += 1;
    if (rows % EVERY_ROWS === 0) report();
  }
} finally {
  writer.close();
}
report();

function report(): void {
  parentPort?.postMessage({ rows, pairs: writer.pairs } satisfies PairsProgress);
}
