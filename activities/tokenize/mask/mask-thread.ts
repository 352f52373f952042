import { parentPort, workerData } from 'node:worker_threads';
import type { DataRow } from '../../../workflows/contracts/data.ts';
import { prepareTokenizer } from '../base-model.ts';
import { maskRow } from './mask.ts';
import type { MaskThreadData } from './mask-threads.ts';
import { packRows } from './masked-chunk.ts';

/** The entry of a thread that masks rows: each message is some rows, and is answered with them masked. */
const { modelPath, options } = workerData as MaskThreadData;
const tokenizer = await prepareTokenizer(modelPath);

parentPort?.on('message', (rows: DataRow[]) => {
  const chunk = packRows(rows.map((row) => maskRow(row, tokenizer, options)));
  const buffers = [chunk.inputIds, chunk.labels, chunk.lengths, chunk.flags].map(({ buffer }) => buffer);
  parentPort?.postMessage(chunk, buffers);
});
