import { readFile } from 'node:fs/promises';
import type { DedupeResult, ResolvePairsInput } from '../../../workflows/contracts/dedupe.ts';
import type { Tokenization } from '../../../workflows/contracts/run.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';
import { comparedText } from '../compared-text.ts';
import type { EncodedPool } from '../corpus/decide-thread.ts';
import { type Similarity, scoreAccepted } from '../corpus/similarity.ts';
import {
  type EmbeddingDependencies,
  embeddingOptions,
  rejectByEmbedding,
  resemblesByEither,
} from '../embedding/embedding-pass.ts';
import { Int32List } from '../rouge/int32-list.ts';
import { tokenizerFor } from '../rouge/tokenize.ts';
import { Vocabulary } from '../rouge/vocabulary.ts';
import { readInBatches, readInstructions, type TaskRows } from '../row-source.ts';
import { provenanceOf, storeOutcome } from '../stored-outcome.ts';
import { tokenizationOf } from '../tokenization-choice.ts';
import { decideFromPairs } from './decide-from-pairs.ts';
import { PairFileReader } from './pair-file.ts';

/**
 * The last part of dedupe in partitions: decides on every row from the pairs of all partitions, and stores
 * byte for byte what `dedupeRows` would.
 */
export async function resolvePairs(
  { dedupe, plan, pairs }: ResolvePairsInput,
  deps: EmbeddingDependencies,
  attempt: Attempt,
): Promise<DedupeResult> {
  const { store } = deps;
  const options = embeddingOptions(dedupe, deps);
  const against = plan.against === null ? [] : await readInstructions(store, plan.against, dedupe, attempt);
  const decided = await decide(store, { dedupe, plan, pairs }, against.length);
  const read: TaskRows = { rows: [], others: new Map() };
  for await (const _ of readInBatches(await store.open(plan.data), read, dedupe, attempt));
  const texts = read.rows.map((row) => comparedText(row, dedupe.conversationsBy));
  const embedding =
    options === null ? null : await rejectByEmbedding(against, texts, decided.resembles, options, attempt);
  const resembles = resemblesByEither(decided.resembles, embedding);
  let similarity: Similarity | null = null;
  if (dedupe.mode === 'full') {
    const kept = texts.filter((_, index) => resembles[index] === -1);
    const pool = encode([...against, ...kept], plan.tokenization);
    similarity = await scoreAccepted(pool, { against: against.length, resembles }, undefined, attempt);
  }
  const decisions = { ...decided, ...tokenizationOf({ decisions: plan }), embedding, similarity };
  const about = provenanceOf({ ...dedupe, tokenization: plan.tokenization }, plan.data, plan.against);
  return storeOutcome(store, { ...read, against, decisions }, about, attempt);
}

async function decide(
  store: ArtifactStore,
  { dedupe, plan, pairs }: ResolvePairsInput,
  against: number,
): Promise<{ against: number; resembles: Int32Array; scores: Float64Array }> {
  const readers: PairFileReader[] = [];
  try {
    for (const reference of pairs) readers.push(await PairFileReader.open(await store.open(reference)));
    const sequences = await readIntegers(await store.open(plan.sequences));
    const decided = await decideFromPairs(sequences, readers, { against, threshold: dedupe.threshold });
    if (
      decided.resembles.length + against !== plan.sequences.rows ||
      readers.some(({ later }) => later < Number.POSITIVE_INFINITY)
    )
      throw new AlpacaError('InvalidInput', 'The pairs do not belong to the plan.', {
        remedy: 'Run the dedupe step from its beginning.',
      });
    return { against, resembles: decided.resembles, scores: decided.scores };
  } finally {
    await Promise.all(readers.map((reader) => reader.close()));
  }
}

async function readIntegers(path: string): Promise<Int32Array> {
  const bytes = await readFile(path);
  const integers = new Int32Array(bytes.length / 4);
  new Uint8Array(integers.buffer).set(bytes);
  return integers;
}

/** The token ids of accepted texts, as `scoreAccepted` takes them. */
function encode(texts: readonly string[], tokenization: Tokenization): EncodedPool {
  const vocabulary = new Vocabulary(tokenizerFor(tokenization));
  const ids = new Int32List();
  const offsets = new Int32List();
  offsets.push(0);
  for (const text of texts) {
    ids.pushAll(vocabulary.encode(text));
    offsets.push(ids.length);
  }
  const share = ({ items }: Int32List) => {
    const shared = new Int32Array(new SharedArrayBuffer(4 * items.length));
    shared.set(items);
    return shared;
  };
  return { ids: share(ids), offsets: share(offsets) };
}
