import { availableParallelism } from 'node:os';
import type { DedupeInput } from '../../workflows/contracts/steps.ts';
import type { Attempt } from '../attempt.ts';
import type { DecideReply, DecideRequest, DecideSettings, EncodedPool } from './decide-thread.ts';
import { checkThreshold } from './pool.ts';
import type { ScoreSettings } from './score-thread.ts';
import { Conversation, runThreads } from './threads.ts';

/** How many of the most similar instructions are kept for each row (the recipe's ten). */
export const MOST_SIMILAR = 10;

export type CorpusOptions = Pick<DedupeInput, 'threshold' | 'tokenization' | 'mode'> & {
  /** threads that score in `full` mode; all cores unless given */
  threads?: number;
  /** how many texts to expect, where that is known, for the progress report */
  expected?: number;
};

/**
 * What became of a corpus. Texts are named by number: first those it was compared against, from 0, then its
 * own, from `against` on.
 */
export interface CorpusDecisions {
  against: number;
  /** per text of the corpus: the text it resembles too much, or -1 where it was accepted */
  resembles: Int32Array;
  /** per text of the corpus: the ROUGE-L F-measure with that text; 0 where it was accepted */
  scores: Float64Array;
  /** in `full` mode; one entry for each accepted text, in order */
  similarity: Similarity | null;
}

export interface Similarity {
  /** the mean score over the whole pool as it stood when the text came; 0 for an empty pool */
  averages: Float64Array;
  /** `MOST_SIMILAR` texts for each, best first, the earlier first among equals; -1 where the pool had fewer */
  texts: Int32Array;
  /** their scores */
  scores: Float64Array;
}

/**
 * Dedupes a corpus in its order: a text is rejected when its highest score against `against` and everything
 * accepted before it is strictly greater than the threshold. The texts are decided one after another in a
 * thread of its own while the next are being read; then, in `full` mode, what was accepted is scored against
 * everything before it on all cores. Stops with the signal's reason when the attempt is aborted.
 */
export async function dedupeCorpus(
  against: readonly string[],
  batches: AsyncIterable<string[]> | Iterable<string[]>,
  options: CorpusOptions,
  attempt: Attempt,
): Promise<CorpusDecisions> {
  checkThreshold(options.threshold);
  const { threshold, tokenization, mode } = options;
  const settings: DecideSettings = { threshold, tokenization };
  const thread = new Conversation<DecideRequest, DecideReply>(
    new URL('./decide-thread.ts', import.meta.url),
    settings,
    attempt.signal,
  );
  let decisions: Omit<CorpusDecisions, 'similarity'>;
  let pool: EncodedPool | null = null;
  try {
    await thread.ask({ kind: 'accept', texts: [...against] });
    decisions = {
      against: against.length,
      ...(await decideAll(thread, batches, options.expected ?? 0, attempt)),
    };
    if (mode === 'full') pool = (await thread.ask({ kind: 'encode' })).pool;
  } finally {
    await thread.close();
  }
  if (pool === null) return { ...decisions, similarity: null };
  const threads = options.threads ?? availableParallelism();
  const similarity = await scoreAccepted(pool, against.length, threads, attempt);
  return { ...decisions, similarity: byTextNumber(similarity, decisions) };
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

/** Scores every text of the pool after the first `against` with everything before it; by place in the pool. */
async function scoreAccepted(
  pool: EncodedPool,
  against: number,
  threads: number,
  attempt: Attempt,
): Promise<Similarity> {
  const total = pool.offsets.length - 1 - against;
  const settings: ScoreSettings = {
    ...pool,
    against,
    mostSimilar: MOST_SIMILAR,
    claimed: new Int32Array(new SharedArrayBuffer(4)),
    averages: new Float64Array(new SharedArrayBuffer(8 * total)),
    best: new Int32Array(new SharedArrayBuffer(4 * total * MOST_SIMILAR)),
    bestScores: new Float64Array(new SharedArrayBuffer(8 * total * MOST_SIMILAR)),
  };
  let done = 0;
  await runThreads<number>(new URL('./score-thread.ts', import.meta.url), settings, {
    threads: Math.max(1, Math.min(threads, Math.ceil(total / ROWS_WORTH_A_THREAD))),
    signal: attempt.signal,
    onMessage(scored) {
      done += scored;
      attempt.report({ done, total, unit: 'rows', note: 'scoring' });
    },
  });
  return { averages: settings.averages, texts: settings.best, scores: settings.bestScores };
}

/** Below this many rows another thread takes longer to start than it saves. */
const ROWS_WORTH_A_THREAD = 2000;

/** Turns places in the pool into text numbers. */
function byTextNumber(
  similarity: Similarity,
  { against, resembles }: { against: number; resembles: Int32Array },
): Similarity {
  const textNumbers: number[] = Array.from({ length: against }, (_, number) => number);
  for (const [index, text] of resembles.entries()) if (text === -1) textNumbers.push(against + index);
  return { ...similarity, texts: similarity.texts.map((place) => textNumbers[place] ?? -1) };
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
