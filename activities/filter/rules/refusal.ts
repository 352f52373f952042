import type { Rule } from './rule.ts';

/** Characters at the beginning of an answer in which it says that it is none. */
const BEGINNING = 240;

/**
 * The teacher declined: an answer that begins with an apology, with what the teacher is or with what it cannot do, and
 * there says that it cannot do what answers do, and does not go on with what it can. Texts that somebody is to say, such as a letter, may decline.
 */
export const refusal: Rule = ({ instruction, output }, { refusal: words, writesForOthers }) => {
  const beginning = output.trimStart().slice(0, BEGINNING).replaceAll('’', "'");
  const { apologies, selves, cannot, acts, goesOn } = words;
  if (![apologies, selves, cannot].some((phrases) => phrases.begin(beginning))) return null;
  if (goesOn.areIn(beginning)) return null;
  if (!selves.areIn(beginning) && writesForOthers.areIn(instruction)) return null;
  for (const sentence of beginning.split(/[.!?。\n]/))
    if (cannot.areIn(sentence) && (acts.areIn(sentence) || selves.areIn(sentence)))
      return { reason: 'the teacher declined', found: beginning };
  return null;
};
