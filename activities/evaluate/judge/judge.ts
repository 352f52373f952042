import type { Attempt } from '../../attempt.ts';
import { mapAtOnce } from '../../process/at-once.ts';
import type { ChatMessage } from '../../teacher/request-body.ts';
import { type JudgedPair, type Reading, verdictOf } from '../winrate/verdict.ts';
import { judgeMessages, parsePreference, type ShownPair } from './judge-prompt.ts';
import { NoVerdicts, PREFERENCE } from './no-verdicts.ts';

/** Someone who reads what is to be judged and replies: a teacher profile, or a rule in a test. */
export interface Judge {
  /** the profile's name, as results and annotations show it */
  readonly name: string;
  /** how many requests it is asked at a time */
  readonly atOnce: number;
  /** how often it is asked for a verdict that can be read; 1 where it would only say the same again */
  readonly askings: number;
  /** the most tokens of a reply */
  readonly verdictTokens: number;
  /** The reply to one request. `occurrence` counts repetitions of the same request from 0. */
  reply(messages: ChatMessage[], occurrence: number, signal: AbortSignal): Promise<Reply>;
}

export interface Reply {
  text: string;
  /** it ended at the token limit */
  cut: boolean;
}

/** Two answers to one instruction. */
export interface AnswerPair {
  instruction: string;
  input: string;
  answerA: string;
  answerB: string;
}

/**
 * Asks the judge for both orders of every pair. Pairs come back in the order given. Equal answers are a tie
 * and cost nothing.
 *
 * @throws AlpacaError Configuration where no verdict can be read: of the first readings, or of all
 */
export async function judgePairs(
  judge: Judge,
  pairs: readonly AnswerPair[],
  attempt: Attempt,
): Promise<JudgedPair[]> {
  const { signal } = attempt;
  const none = new NoVerdicts(judge, PREFERENCE);
  let done = 0;
  const judged = await mapAtOnce(pairs, { atOnce: judge.atOnce, signal }, async (pair) => {
    const judged = await judgePair(judge, pair, none, signal);
    done += 1;
    attempt.report({ done, total: pairs.length, unit: 'pairs judged' });
    return judged;
  });
  none.refuse(1);
  return judged;
}

async function judgePair(
  judge: Judge,
  pair: AnswerPair,
  none: NoVerdicts,
  signal: AbortSignal,
): Promise<JudgedPair> {
  const { instruction, input, answerA, answerB } = pair;
  if (answerA === answerB) return { aFirst: 'tie', bFirst: 'tie' };
  const reading = (first: 'A' | 'B', shown: ShownPair) => read(judge, shown, first, none, signal);
  const aFirst = await reading('A', { instruction, input, first: answerA, second: answerB });
  const bFirst = await reading('B', { instruction, input, first: answerB, second: answerA });
  return { aFirst, bFirst };
}

/** What is cut before it came to its verdict may have one in its thinking, and then "but wait", or begin another. */
function isDraft({ text, cut }: Reply): boolean {
  return cut && !/^\s*(?:```(?:json)?\s*)?\{[^{]*$/.test(text);
}

async function read(
  judge: Judge,
  shown: ShownPair,
  first: 'A' | 'B',
  none: NoVerdicts,
  signal: AbortSignal,
): Promise<Reading> {
  const better = await readVerdict(judge, judgeMessages(shown), parsePreference, none, signal);
  return better === null ? 'unreadable' : verdictOf(better, first);
}

/**
 * Asks until a verdict can be read, as often as this judge is worth asking.
 *
 * @param read finds the verdict in a reply; null where there is none
 * @returns null where none could be read
 * @throws AlpacaError Configuration where `none` has seen enough
 */
export async function readVerdict<Verdict>(
  judge: Judge,
  messages: ChatMessage[],
  read: (text: string) => Verdict | null,
  none: NoVerdicts,
  signal: AbortSignal,
): Promise<Verdict | null> {
  for (let occurrence = 0; ; occurrence += 1) {
    signal.throwIfAborted();
    const reply = await judge.reply(messages, occurrence, signal);
    const verdict = isDraft(reply) ? null : read(reply.text);
    none.count(reply, verdict !== null);
    if (verdict !== null) return verdict;
    // What is cut at a limit would be cut there again.
    if (reply.cut || occurrence + 1 >= judge.askings) return null;
  }
}
