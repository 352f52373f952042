import { parentPort, workerData } from 'node:worker_threads';
import { LaneIndex } from '../rouge/lane-index.ts';
import { tokenizerFor } from '../rouge/tokenize.ts';
import { Vocabulary } from '../rouge/vocabulary.ts';
import type { Consideration, PoolOptions, PoolReply, PoolRequest } from './pool.ts';

/** The thread behind a `SimilarityPool`: answers each request with one reply, in order. */

const { threshold, tokenization } = workerData as PoolOptions;
const vocabulary = new Vocabulary(tokenizerFor(tokenization));
const index = new LaneIndex();
const texts: string[] = [];

parentPort?.on('message', ({ kind, instructions }: PoolRequest) => {
  const considered: Consideration[] = [];
  for (const instruction of instructions) {
    const ids = vocabulary.encode(instruction);
    if (kind === 'consider') considered.push(consider(instruction, ids));
    else accept(instruction, ids);
  }
  parentPort?.postMessage({ considered, size: texts.length } satisfies PoolReply);
});

function consider(instruction: string, ids: Int32Array): Consideration {
  const [nearest] = index.score(ids, 1).best;
  const highest = nearest?.score ?? 0;
  const mostSimilar = nearest === undefined || highest === 0 ? null : (texts[nearest.row] ?? null);
  const accepted = highest <= threshold;
  if (accepted) accept(instruction, ids);
  return { accepted, highest, mostSimilar };
}

function accept(instruction: string, ids: Int32Array): void {
  texts.push(instruction);
  index.insert(ids);
}
