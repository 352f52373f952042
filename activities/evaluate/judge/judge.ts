import type { Attempt } from '../../attempt.ts';
import { mapAtOnce } from '../../process/at-once.ts';
import { type JudgedPair, type Reading, verdictOf } from '../winrate/verdict.ts';
import { type ChatMessage, judgeMessages, parsePreference, type ShownPair } from './judge-prompt.ts';

/** Someone who reads a comparison and replies: a teacher profile, or a rule in a test. */
export interface Judge {
  /** the profile's name, as results and annotations show it */
  readonly name: string;
  /** of how many pairs it is asked at a time */
  readonly pairsAtOnce: number;
  /** The reply to one request. `occurrence` counts repetitions of the same request from 0. */
  prefer(messages: ChatMessage[], occurrence: number, signal: AbortSignal): Promise<string>;
}

/** Two answers to one instruction. */
export interface AnswerPair {
  instruction: string;
  input: string;
  answerA: string;
  answerB: string;
}

/** A reply without a verdict is asked for again, so often in all; then the reading counts as unreadable. */
const ASKINGS = 3;

/**
 * Asks the judge for both orders of every pair. Pairs come back in the order given. Equal answers are a tie
 * and cost nothing.
 */
export async function judgePairs(
  judge: Judge,
  pairs: readonly AnswerPair[],
  attempt: Attempt,
): Promise<JudgedPair[]> {
  const { signal } = attempt;
  let done = 0;
  return mapAtOnce(pairs, { atOnce: judge.pairsAtOnce, signal }, async (pair) => {
    const judged = await judgePair(judge, pair, signal);
    done += 1;
    attempt.report({ done, total: pairs.length, unit: 'pairs judged' });
    return judged;
  });
}

async function judgePair(judge: Judge, pair: AnswerPair, signal: AbortSignal): Promise<JudgedPair> {
  const { instruction, input, answerA, answerB } = pair;
  if (answerA === answerB) return { aFirst: 'tie', bFirst: 'tie' };
  const aFirst = await read(judge, { instruction, input, first: answerA, second: answerB }, 'A', signal);
  const bFirst = await read(judge, { instruction, input, first: answerB, second: answerA }, 'B', signal);
  return { aFirst, bFirst };
}

async function read(judge: Judge, shown: ShownPair, first: 'A' | 'B', signal: AbortSignal): Promise<Reading> {
  const messages = judgeMessages(shown);
  for (let occurrence = 0; occurrence < ASKINGS; occurrence += 1) {
    signal.throwIfAborted();
    const better = parsePreference(await judge.prefer(messages, occurrence, signal));
    if (better !== null) return verdictOf(better, first);
  }
  return 'unreadable';
}
