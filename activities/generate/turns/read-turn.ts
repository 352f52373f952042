import { type TextFault, textFault } from '../../../workflows/contracts/data/text.ts';
import { isWholeEnd } from '../../teacher/answer/ends.ts';
import { withoutThinking } from '../../teacher/answer/thinking.ts';
import type { LedgerEntry } from '../../teacher/ledger/ledger.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import { endAtStops } from '../parse/parse.ts';
import { strip } from '../parse/python-text.ts';
import { withoutStart } from '../self-instruct/wrapping.ts';
import { TURN_STOPS } from './conversation-prompt.ts';

/** Why a message is not taken, and its conversation dropped with it. */
type TurnDrop = 'turn-empty' | 'question-asked-before' | TextFault;

type ReadTurn =
  | { content: string }
  /** `refused` by the teacher; `malformed`: cut off by its token limit */
  | { drop: TurnDrop | 'refused' | 'malformed' };

/**
 * The message that an answer is. Never throws.
 *
 * @param speaker whose message it is to be; who is written before it is left out
 * @param askedBefore where it is to be a question, those of the conversation so far
 */
export function readTurn(
  entry: Pick<LedgerEntry, 'text' | 'finishReason' | 'outcome'>,
  speaker: 'user' | 'assistant',
  askedBefore: readonly string[],
  { thinkingMarks }: Pick<TeacherProfile, 'thinkingMarks'>,
): ReadTurn {
  if (entry.outcome === 'refused') return { drop: 'refused' };
  const answer = withoutStart(withoutThinking(entry.text, thinkingMarks), `(?:#{1,6} *)?${speaker}:`);
  const ended = endAtStops(answer, TURN_STOPS);
  if (!isWholeEnd(entry.finishReason) && ended.length === answer.length) return { drop: 'malformed' };
  const content = strip(ended);
  if (content === '') return { drop: 'turn-empty' };
  const fault = textFault(content);
  if (fault !== null) return { drop: fault };
  return askedBefore.includes(content) ? { drop: 'question-asked-before' } : { content };
}
