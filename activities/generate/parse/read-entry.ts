import type { RequestSettings } from '../../../workflows/contracts/generate.ts';
import { isWholeEnd } from '../../teacher/answer/ends.ts';
import { withoutThinking } from '../../teacher/answer/thinking.ts';
import type { LedgerEntry } from '../../teacher/ledger/ledger.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import { stopSequences } from '../prompt/run-prompts.ts';
import { type ParsedAnswer, parseAnswer } from './parse.ts';
import { parseStructured } from './parse-structured.ts';

/** Parses the answer of a ledger entry in the way that it was asked for, and by the profile's habits. */
export function readEntry(
  entry: Pick<LedgerEntry, 'request' | 'text' | 'finishReason'>,
  settings: Pick<RequestSettings, 'seedTasksPerPrompt' | 'instructionsPerPrompt'>,
  profile: Pick<TeacherProfile, 'repeatsHeading' | 'wrapsList' | 'thinkingMarks'>,
): ParsedAnswer {
  const text = withoutThinking(entry.text, profile.thinkingMarks);
  if (entry.request.output === 'task-list') return parseStructured(text);
  return parseAnswer(text, {
    seedTasksPerPrompt: settings.seedTasksPerPrompt,
    cut: !isWholeEnd(entry.finishReason),
    repeatsHeading: profile.repeatsHeading,
    wrapsList: profile.wrapsList,
    // An endpoint that honours them has ended there, and one that refuses or ignores them has not.
    stop: stopSequences(settings.instructionsPerPrompt),
  });
}
