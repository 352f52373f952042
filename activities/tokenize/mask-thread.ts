import { parentPort, workerData } from 'node:worker_threads';
import type { DataRow } from '../../workflows/contracts/rows.ts';
import { prepareBaseModel } from './base-model.ts';
import { maskRow } from './mask.ts';
import type { MaskThreadData } from './mask-threads.ts';

/** The entry of a thread that masks rows: each message is some rows, and is answered with them masked. */
const { modelPath, options } = workerData as MaskThreadData;
const { tokenizer } = await prepareBaseModel(modelPath, 0);

parentPort?.on('message', (rows: DataRow[]) => {
  parentPort?.postMessage(rows.map((row) => maskRow(row, tokenizer, options)));
});
