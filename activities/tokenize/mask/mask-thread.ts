import { parentPort, workerData } from 'node:worker_threads';
import type { DataRow } from '../../../workflows/contracts/data.ts';
import { prepareTokenizer } from '../base-model.ts';
import type { MaskThreadData } from './mask-threads.ts';
import { type MaskedChunk, packRows } from './masked-chunk.ts';
import { createMasker } from './masker.ts';

/** The entry of a thread that masks rows: each message is some rows, and is answered with them masked. */
const { modelPath, options } = workerData as MaskThreadData;
const mask = createMasker(await prepareTokenizer(modelPath), options);

parentPort?.on('message', ({ rows, first }: { rows: DataRow[]; first: number }) => {
  const chunk = packRows(mask(rows, first));
  const buffers = Object.values(chunk).map(({ buffer }: MaskedChunk[keyof MaskedChunk]) => buffer);
  parentPort?.postMessage(chunk, buffers);
});
