import { fencedBlocks } from './blocks.ts';
import type { Rule } from './rule.ts';

/** Times that a line or a sentence stands one after another before it is no refrain. */
const IN_A_ROW = 4;
/** Characters of one that says anything: `No.` and the lines of tables come again. */
const FEWEST_CHARACTERS = 12;

/** A line, or a sentence, that comes again and again without anything between: the teacher did not find the end. */
export const repetition: Rule = ({ instruction, input, output }, words) => {
  if (words.asksToRepeat.areIn(`${instruction}\n${input.slice(0, 1000)}`)) return null;
  let [before, times] = ['', 0];
  for (const part of fencedBlocks(output).prose.split(/\n+|(?<=[.!?。]) +/)) {
    const said = part.trim();
    if (said === '') continue;
    times = said === before ? times + 1 : 1;
    before = said;
    if (times === IN_A_ROW && said.length >= FEWEST_CHARACTERS && /\p{L}{2}/u.test(said))
      return { reason: `it says the same ${IN_A_ROW} times in a row`, found: said };
  }
  return null;
};
