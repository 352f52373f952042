import type { Rule } from './rule.ts';

/** Words that an instruction has before an answer repeats it by no chance. */
const FEWEST_WORDS = 4;

/**
 * The answer is the instruction again, or begins with all of it. A text that is to be continued is no sentence yet, and
 * its continuation goes on in the same line; a text that is to be corrected is the input, and may be right.
 */
export const echo: Rule = ({ instruction, output }) => {
  const asked = plain(instruction);
  if (asked.split(' ').length < FEWEST_WORDS) return null;
  if (asked === plain(output)) return { reason: 'the answer is the instruction', found: output };
  const start = output.trimStart();
  const repeated = start.slice(0, instruction.trim().length);
  if (plain(repeated) !== asked) return null;
  const isSentence = /[.?!。]["'”’)]?$/.test(instruction.trim());
  const endsThere = /^\s*\n/.test(start.slice(repeated.length));
  return isSentence || endsThere ? { reason: 'the answer begins with the instruction', found: output } : null;
};

function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
}
