import { parentPort, workerData } from 'node:worker_threads';
import { OverlapIndex } from '../rouge/overlap-index.ts';
import { tokenizerFor } from '../rouge/tokenize.ts';
import { Vocabulary } from '../rouge/vocabulary.ts';
import type { PoolOptions } from './pool.ts';

/** The thread that decides which texts of a corpus are accepted, in order. One reply to each request. */

export type DecideRequest =
  /** take the texts into the pool unasked */
  | { kind: 'accept'; texts: string[] }
  /** decide on the texts, one after another */
  | { kind: 'decide'; texts: string[] }
  /** give the token ids of all accepted */
  | { kind: 'encode' };

export interface DecideReply {
  /** per text decided: the text (counted over all requests) it resembles, or -1 where it was accepted */
  resembles: Int32Array<ArrayBuffer>;
  scores: Float64Array<ArrayBuffer>;
  pool: EncodedPool | null;
}

/** The token ids of accepted texts, in shared memory: text i is ids[offsets[i]..offsets[i + 1]). */
export interface EncodedPool {
  ids: Int32Array<SharedArrayBuffer>;
  offsets: Int32Array<SharedArrayBuffer>;
}

const { threshold, tokenization } = workerData as PoolOptions;
const vocabulary = new Vocabulary(tokenizerFor(tokenization));
const index = new OverlapIndex(threshold);
/** the token ids of all accepted texts, one after another, and where each ends */
let ids = new Int32Array(1 << 16);
const ends: number[] = [];
/** per accepted text, its number over all requests */
const numbers: number[] = [];
let texts = 0;

parentPort?.on('message', (request: DecideRequest) => {
  parentPort?.postMessage(answer(request));
});

function answer(request: DecideRequest): DecideReply {
  const decided = request.kind === 'decide' ? request.texts.length : 0;
  const resembles = new Int32Array(decided);
  const scores = new Float64Array(decided);
  if (request.kind === 'encode') return { resembles, scores, pool: encodePool() };
  for (const [place, text] of request.texts.entries()) {
    const row = vocabulary.encode(text);
    const nearest = request.kind === 'decide' ? index.nearest(row) : null;
    resembles[place] = nearest === null ? -1 : (numbers[nearest.row] ?? -1);
    scores[place] = nearest?.score ?? 0;
    if (nearest === null) accept(row);
    texts += 1;
  }
  return { resembles, scores, pool: null };
}

function accept(row: Int32Array): void {
  index.insert(row);
  const start = ends.at(-1) ?? 0;
  const end = start + row.length;
  if (end > ids.length) {
    const grown = new Int32Array(2 * end);
    grown.set(ids);
    ids = grown;
  }
  ids.set(row, start);
  ends.push(end);
  numbers.push(texts);
}

function encodePool(): EncodedPool {
  const shared = new Int32Array(new SharedArrayBuffer(4 * (ends.at(-1) ?? 0)));
  shared.set(ids.subarray(0, shared.length));
  const offsets = new Int32Array(new SharedArrayBuffer(4 * (ends.length + 1)));
  offsets.set(ends, 1);
  return { ids: shared, offsets };
}
