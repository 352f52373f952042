import { withoutThinking } from '../../teacher/answer/thinking.ts';
import type { LedgerEntry } from '../../teacher/ledger/ledger.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import { endAtStops } from '../parse/parse.ts';
import { strip } from '../parse/python-text.ts';
import { STOPS } from './requests.ts';
import { type Habits, withoutStart } from './wrapping.ts';

export interface ReadClassification {
  isClassification: boolean;
  /** `other`: neither yes nor no, or refused; the original takes it for no */
  answer: 'yes' | 'no' | 'other';
  /** the answer as it came, for the original's file; empty where it was refused */
  text: string;
}

/** Whether a task is a classification, by the answer to that question. Never throws. */
export function readClassification(
  entry: Pick<LedgerEntry, 'text' | 'outcome'>,
  profile: Habits & Pick<TeacherProfile, 'thinkingMarks'>,
): ReadClassification {
  const text = entry.outcome === 'refused' ? '' : entry.text;
  const said = withoutThinking(text, profile.thinkingMarks);
  const isChat = profile.repeatsHeading || profile.wrapsList;
  const word = isChat ? wordOfChat(said) : strip(endAtStops(said, STOPS.classification));
  const isClassification = ['Yes', 'yes', 'YES'].includes(word);
  const answer = isClassification ? 'yes' : ['No', 'no', 'NO'].includes(word) ? 'no' : 'other';
  return { isClassification, answer, text };
}

/** The first word, without what chat models put around it: the question once more, bold, a full stop. */
function wordOfChat(said: string): string {
  const answer = withoutStart(said, '(?:Task:[^\\n]*\\n)?(?:Is it classification\\?)?[*\\s]*');
  return /^\p{L}+/u.exec(answer)?.[0] ?? '';
}
