import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import { WHITESPACE } from '../parse/python-text.ts';

/** What a chat model is expected to put around what was asked for. */
export type Habits = Pick<TeacherProfile, 'repeatsHeading' | 'wrapsList'>;

/** Behind one opening line at the most, which is no heading of an instance; what follows the last fence goes too. */
const FENCED =
  /^(\s*(?:(?!Example|Input|Output|Class label)[^\n]*:[^\S\n]*\n\s*)?)```[\w-]*[^\S\n]*\n([\s\S]*)\n[^\S\n]*```[^\S\n]*(?:\n[\s\S]*)?$/;

/** Without a Markdown fence around all of it (one around code within stays), and without bold around a number or a heading at the start of a line. */
export function withoutMarkdown(text: string): string {
  return text
    .replace(FENCED, '$1$2')
    .replace(/^([^\S\n]*)\*\*((?:\d+[^\S\n]?\.|(?:Example|Input|Output|Class label)[^*\n]*))\*\*/gm, '$1$2')
    .replace(/^([^\S\n]*)\*\*(\d+[^\S\n]?\. .*)\*\*[^\S\n]*$/gm, '$1$2');
}

/**
 * Without a first line such as "Sure, here are more tasks:" and blank lines behind it.
 *
 * @param next source of a regular expression: how what was asked for begins, for a line before anything else may be part of it
 */
export function withoutOpening(text: string, next: string): string {
  return text.replace(new RegExp(`^\\s*(?!\\s|${next})[^\\n]*:[^\\S\\n]*\\n\\s*(?=${next})`), '');
}

/** Without the given beginning and the white space around it, where the text has it. */
export function withoutStart(text: string, start: string): string {
  return text.replace(new RegExp(`^[${WHITESPACE}]*${start}[${WHITESPACE}]*`, 'i'), '');
}
