import type { DedupeInput } from '../../../workflows/contracts/dedupe.ts';
import type { Attempt } from '../../attempt.ts';
import { Conversation } from '../../process/threads.ts';
import {
  type EmbeddingDecisions,
  type EmbeddingOptions,
  poolAfterEmbedding,
  rejectByEmbedding,
  resemblesByEither,
} from '../embedding/embedding-pass.ts';
import { type ChosenTokenization, withTokenization } from '../tokenization-choice.ts';
import type { DecideReply, DecideRequest, EncodedPool } from './decide-thread.ts';
import type { PoolOptions } from './pool.ts';
import { checkThreshold } from './pool.ts';
import { type Similarity, scoreAccepted } from './similarity.ts';

export type CorpusOptions = Pick<DedupeInput, 'threshold' | 'tokenization' | 'mode'> & {
  /** threads that score in `full` mode; all cores unless given */
  threads?: number;
  /** how many texts to expect, where that is known, for the progress report */
  expected?: number;
  /** a second pass, over what ROUGE-L accepted */
  embedding?: EmbeddingOptions | null;
};

/**
 * What became of a corpus. Texts are named by number: first those it was compared against, from 0, then its
 * own, from `against` on.
 */
export interface CorpusDecisions extends ChosenTokenization {
  against: number;
  /** per text of the corpus: the text it resembles too much, or -1 where it was accepted */
  resembles: Int32Array;
  /** per text of the corpus: the ROUGE-L F-measure with that text; 0 where it was accepted */
  scores: Float64Array;
  /** what embeddings decided on the texts that ROUGE-L accepted; null where they were not asked */
  embedding: EmbeddingDecisions | null;
  /** in `full` mode; one entry for each accepted text, in order */
  similarity: Similarity | null;
}

/**
 * Dedupes a corpus in its order: a text is rejected when its highest score against `against` and everything
 * accepted before it is strictly greater than the threshold. The texts are decided one after another in a
 * thread of its own while the next are being read; then, in `full` mode, what was accepted is scored against
 * everything before it on all cores. With `embedding` a second pass comes in between. Stops with the signal's reason when the attempt is aborted.
 */
export async function dedupeCorpus(
  against: readonly string[],
  batches: AsyncIterable<string[]> | Iterable<string[]>,
  options: CorpusOptions,
  attempt: Attempt,
): Promise<CorpusDecisions> {
  checkThreshold(options.threshold);
  const { embedding = null } = options;
  const texts: string[] = [];
  const { pool: encoded, ...decisions } = await withTokenization(
    options.tokenization,
    (tokenization, count) => {
      const read = texts.length === 0 ? collecting(texts, batches, count) : inBatches(texts);
      return decideInThread(against, read, { ...options, tokenization }, attempt);
    },
  );
  let pool = encoded;
  const second =
    embedding === null
      ? null
      : await rejectByEmbedding(against, texts, decisions.resembles, embedding, attempt);
  if (pool === null) return { ...decisions, embedding: second, similarity: null };
  if (second !== null) pool = poolAfterEmbedding(pool, against.length, decisions.resembles, second);
  const kept = { against: against.length, resembles: resemblesByEither(decisions.resembles, second) };
  const similarity = await scoreAccepted(pool, kept, options.threads, attempt);
  return { ...decisions, embedding: second, similarity };
}

async function* collecting(
  texts: string[],
  batches: AsyncIterable<string[]> | Iterable<string[]>,
  count: (text: string) => void,
): AsyncGenerator<string[]> {
  for await (const batch of batches) {
    for (const text of batch) {
      texts.push(text);
      count(text);
    }
    yield batch;
  }
}

function* inBatches(texts: readonly string[]): Generator<string[]> {
  for (let start = 0; start < texts.length; start += BATCH_TEXTS)
    yield texts.slice(start, start + BATCH_TEXTS);
}

const BATCH_TEXTS = 1024;

/** The decisions of ROUGE-L, and in `full` mode what was accepted as it was compared. */
async function decideInThread(
  against: readonly string[],
  batches: AsyncIterable<string[]> | Iterable<string[]>,
  { threshold, tokenization, mode, expected = 0 }: CorpusOptions & PoolOptions,
  attempt: Attempt,
): Promise<Pick<CorpusDecisions, 'against' | 'resembles' | 'scores'> & { pool: EncodedPool | null }> {
  const settings: PoolOptions = { threshold, tokenization };
  const thread = new Conversation<DecideRequest, DecideReply>(
    new URL('./decide-thread.ts', import.meta.url),
    settings,
    attempt.signal,
  );
  try {
    await thread.ask({ kind: 'accept', texts: [...against] });
    const decided = await decideAll(thread, batches, expected, attempt);
    const pool = mode === 'full' ? (await thread.ask({ kind: 'encode' })).pool : null;
    return { against: against.length, ...decided, pool };
  } finally {
    await thread.close();
  }
}

async function decideAll(
  thread: Conversation<DecideRequest, DecideReply>,
  batches: AsyncIterable<string[]> | Iterable<string[]>,
  expected: number,
  attempt: Attempt,
): Promise<{ resembles: Int32Array; scores: Float64Array }> {
  const replies: DecideReply[] = [];
  let decided = 0;
  const keep = (reply: DecideReply) => {
    replies.push(reply);
    decided += reply.resembles.length;
    attempt.report({ done: decided, total: Math.max(decided, expected), unit: 'rows', note: 'deciding' });
  };
  // One batch is decided while the next is read.
  let pending: Promise<DecideReply> | null = null;
  for await (const texts of batches) {
    const before: Promise<DecideReply> | null = pending;
    pending = thread.ask({ kind: 'decide', texts });
    if (before !== null) keep(await before);
  }
  if (pending !== null) keep(await pending);
  return {
    resembles: joined(Int32Array, decided, replies, (reply) => reply.resembles),
    scores: joined(Float64Array, decided, replies, (reply) => reply.scores),
  };
}

interface Numbers {
  set(part: this, at: number): void;
  readonly length: number;
}

function joined<List extends Numbers>(
  Kind: new (length: number) => List,
  length: number,
  replies: readonly DecideReply[],
  part: (reply: DecideReply) => List,
): List {
  const whole = new Kind(length);
  let at = 0;
  for (const reply of replies) {
    whole.set(part(reply), at);
    at += part(reply).length;
  }
  return whole;
}
