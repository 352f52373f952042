import { parentPort, workerData } from 'node:worker_threads';
import { OverlapIndex } from './overlap-index.ts';
import { type Tokenization, tokenizerFor } from './tokenize.ts';
import { Vocabulary } from './vocabulary.ts';

/** The thread that decides which texts of a corpus are accepted, in order. One reply to each request. */

export interface DecideSettings {
  threshold: number;
  tokenization: Tokenization;
}

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

const { threshold, tokenization } = workerData as DecideSettings;
const vocabulary = new Vocabulary(tokenizerFor(tokenization));
const index = new OverlapIndex(threshold);
const accepted: Int32Array[] = [];
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
    const ids = vocabulary.encode(text);
    const nearest = request.kind === 'decide' ? index.nearest(ids) : null;
    resembles[place] = nearest === null ? -1 : (numbers[nearest.row] ?? -1);
    scores[place] = nearest?.score ?? 0;
    if (nearest === null) accept(ids);
    texts += 1;
  }
  return { resembles, scores, pool: null };
}

function accept(ids: Int32Array): void {
  index.insert(ids);
  accepted.push(ids);
  numbers.push(texts);
}

function encodePool(): EncodedPool {
  const total = accepted.reduce((sum, { length }) => sum + length, 0);
  const ids = new Int32Array(new SharedArrayBuffer(4 * total));
  const offsets = new Int32Array(new SharedArrayBuffer(4 * (accepted.length + 1)));
  let at = 0;
  for (const [place, row] of accepted.entries()) {
    ids.set(row, at);
    at += row.length;
    offsets[place + 1] = at;
  }
  return { ids, offsets };
}
