import { availableParallelism } from 'node:os';
import type { Attempt } from '../../attempt.ts';
import { runThreads } from '../../process/threads.ts';
import type { EncodedPool } from './decide-thread.ts';
import type { ScoreSettings } from './score-thread.ts';

/** How many of the most similar instructions are kept for each row (the recipe's ten). */
export const MOST_SIMILAR = 10;

export interface Similarity {
  /** the mean score over the whole pool as it stood when the text came; 0 for an empty pool */
  averages: Float64Array;
  /** `MOST_SIMILAR` texts for each, best first, the earlier first among equals; -1 where the pool had fewer */
  texts: Int32Array;
  /** their scores */
  scores: Float64Array;
}

/**
 * Scores every accepted text with everything before it: `pool` has the texts compared against and then the
 * accepted ones, in order. Runs on so many threads, all cores unless given.
 */
export async function scoreAccepted(
  pool: EncodedPool,
  decisions: { against: number; resembles: Int32Array },
  threads: number | undefined,
  attempt: Attempt,
): Promise<Similarity> {
  const { against } = decisions;
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
    threads: Math.max(1, Math.min(threads ?? availableParallelism(), Math.ceil(total / ROWS_WORTH_A_THREAD))),
    signal: attempt.signal,
    onMessage(scored) {
      done += scored;
      attempt.report({ done, total, unit: 'rows', note: 'scoring' });
    },
  });
  const { averages, best, bestScores } = settings;
  return byTextNumber({ averages, texts: best, scores: bestScores }, decisions);
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
