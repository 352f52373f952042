import { parentPort, workerData } from 'node:worker_threads';
import { LaneIndex } from '../rouge/lane-index.ts';
import type { EncodedPool } from './decide-thread.ts';

/**
 * A thread that scores accepted texts against everything before them. All threads run this over the same
 * shared memory: each claims blocks of texts in order, so its own index only ever grows.
 */

export interface ScoreSettings extends EncodedPool {
  /** the first texts of the pool, which are compared with but not scored */
  against: number;
  mostSimilar: number;
  /** how many texts have been claimed */
  claimed: Int32Array<SharedArrayBuffer>;
  /** per scored text: the mean score over the pool before it */
  averages: Float64Array<SharedArrayBuffer>;
  /** `mostSimilar` places in the pool for each scored text, best first; -1 where there are fewer */
  best: Int32Array<SharedArrayBuffer>;
  bestScores: Float64Array<SharedArrayBuffer>;
}

const { ids, offsets, against, mostSimilar, claimed, averages, best, bestScores } =
  workerData as ScoreSettings;
const index = new LaneIndex();
const BLOCK = 128;

for (;;) {
  const first = Atomics.add(claimed, 0, BLOCK);
  if (first >= averages.length) break;
  const end = Math.min(first + BLOCK, averages.length);
  for (let text = first; text < end; text += 1) score(text);
  parentPort?.postMessage(end - first);
}

function score(text: number): void {
  const place = against + text;
  while (index.size < place) index.insert(tokensOf(index.size));
  const { sum, best: matches } = index.score(tokensOf(place), mostSimilar);
  averages[text] = place === 0 ? 0 : sum / place;
  for (let rank = 0; rank < mostSimilar; rank += 1) {
    const match = matches[rank];
    best[text * mostSimilar + rank] = match?.row ?? -1;
    bestScores[text * mostSimilar + rank] = match?.score ?? 0;
  }
}

function tokensOf(place: number): Int32Array {
  return ids.subarray(offsets[place], offsets[place + 1]);
}
