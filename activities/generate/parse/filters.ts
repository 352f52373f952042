import { characterClassOf, type InstructionRules } from '../../artifacts/languages/language.ts';
import { splitWords, wholeWordPattern } from './python-text.ts';

/** Why a parsed instruction is dropped; named in the yield counts and in the report. */
export type FilterName =
  | 'too-short'
  | 'too-long'
  | 'forbidden-word'
  | 'write-a-program'
  | 'punctuation-first'
  | 'non-ascii-first'
  | 'other-script-first';

/** Gives the first of the recipe's filters, in its order, that drops an instruction; null where it passes. */
export type InstructionFilter = (instruction: string) => FilterName | null;

const ASCII_PUNCTUATION = /^[!-/:-@[-`{-~]/;

/**
 * The recipe's filters as a language has them. They look at the instruction alone.
 *
 * @param words the forbidden ones: those of Alpaca by default; Self-Instruct's list is shorter
 */
export function createInstructionFilter(
  rules: InstructionRules,
  words: readonly string[] = rules.forbiddenWords.words,
): InstructionFilter {
  const forbidden = wholeWordPattern(words, rules.forbiddenWords.endings);
  const allowedFirst = new RegExp(`^[${rules.firstCharacter.map(characterClassOf).join('')}]`, 'u');
  const otherFirst = rules.firstCharacter.join() === 'ASCII' ? 'non-ascii-first' : 'other-script-first';
  return (instruction) => {
    const count = splitWords(instruction).length;
    if (count < rules.fewestWords) return 'too-short';
    if (count > rules.mostWords) return 'too-long';
    if (forbidden.test(instruction)) return 'forbidden-word';
    if (rules.forbiddenStarts.some((text) => instruction.startsWith(text))) return 'write-a-program';
    if (ASCII_PUNCTUATION.test(instruction)) return 'punctuation-first';
    return instruction === '' || allowedFirst.test(instruction) ? null : otherFirst;
  };
}
