import type { RequestSettings } from '../../../workflows/contracts/generate.ts';
import type { LedgerEntry } from '../../teacher/ledger/ledger.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import { stopSequences } from '../prompt/run-prompts.ts';
import { type ParsedAnswer, parseAnswer } from './parse.ts';
import { parseStructured } from './parse-structured.ts';

/** Parses the answer of a ledger entry in the way that it was asked for, and by the profile's habits. */
export function readEntry(
  entry: Pick<LedgerEntry, 'request' | 'text' | 'finishReason'>,
  settings: Pick<RequestSettings, 'seedTasksPerPrompt' | 'instructionsPerPrompt'>,
  profile: Pick<TeacherProfile, 'repeatsHeading' | 'wrapsList'>,
): ParsedAnswer {
  if (entry.request.output === 'task-list') return parseStructured(entry.text);
  return parseAnswer(entry.text, {
    seedTasksPerPrompt: settings.seedTasksPerPrompt,
    cut: entry.finishReason === 'length' || entry.finishReason === 'content_filter',
    repeatsHeading: profile.repeatsHeading,
    wrapsList: profile.wrapsList,
    // An endpoint that honours them has ended there, and one that refuses or ignores them has not.
    stop: stopSequences(settings.instructionsPerPrompt),
  });
}
