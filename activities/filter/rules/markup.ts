import { proseOf } from './blocks.ts';
import type { Rule } from './rule.ts';

/** Left in any text of a row where a completion was cut at the wrong place. */
const OF_PROMPT = [/^\d{1,3}\. ?(Instruction|Input|Output):/m, /<noinput>/i];

/** Headings of the recipe's training template, and the marks by which models tell turns apart. */
const OF_CHAT = [
  /^###? ?(Instruction|Input|Output|Response):/m,
  /<\|[a-z][a-z_0-9]{2,40}\|>/i,
  /\[\/?INST\]/,
  /<<\/?SYS>>/,
  /<(start|end)_of_turn>/,
  /<\/s>\s*$/,
];

/**
 * What belongs to a prompt or to a chat template, and not to a row. A task about such marks shows them as code, or an
 * answer repeats them from its instruction or input.
 */
export const markup: Rule = ({ instruction, input, output }) => {
  const task = `${instruction}\n${input}`;
  const [answer, shown] = [proseOf(output), proseOf(task)];
  for (const mark of OF_PROMPT) {
    const found = mark.exec(shown) ?? mark.exec(answer);
    if (found) return { reason: 'markup of the prompt', found: found[0] };
  }
  for (const mark of OF_CHAT) {
    const found = mark.exec(answer);
    // `<s>` and `</s>` are elements of HTML too.
    if (!found || mark.test(task) || answer.includes('<s>')) continue;
    return { reason: 'markup of a chat or a template', found: found[0].trim() };
  }
  return null;
};
