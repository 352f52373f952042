import { splitWords, wholeWordPattern } from './python-text.ts';

/** Why a parsed instruction is dropped; named in the yield counts and in the report. */
export type FilterName =
  | 'too-short'
  | 'too-long'
  | 'forbidden-word'
  | 'write-a-program'
  | 'punctuation-first'
  | 'non-ascii-first';

/** Things a text model cannot look at, make or play (the recipe's list). */
const FORBIDDEN_WORDS = [
  'image',
  'images',
  'graph',
  'graphs',
  'picture',
  'pictures',
  'file',
  'files',
  'map',
  'maps',
  'draw',
  'plot',
  'go to',
  'video',
  'audio',
  'music',
  'flowchart',
  'diagram',
];
const FORBIDDEN = wholeWordPattern(FORBIDDEN_WORDS);
const ASCII_PUNCTUATION = /^[!-/:-@[-`{-~]/;
const NON_ASCII = /^[^\0-\x7f]/;

/**
 * The first of the recipe's filters, in its order, that drops an instruction; null where it passes. They
 * look at the instruction alone. Only English drops a first character outside ASCII.
 *
 * @param forbidden the words of Alpaca's list by default; Self-Instruct has a shorter one
 */
export function filterInstruction(
  instruction: string,
  language: 'en' | 'ko',
  forbidden = FORBIDDEN,
): FilterName | null {
  const words = splitWords(instruction).length;
  if (words <= 3) return 'too-short';
  if (words > 150) return 'too-long';
  if (forbidden.test(instruction)) return 'forbidden-word';
  if (instruction.startsWith('Write a program')) return 'write-a-program';
  if (ASCII_PUNCTUATION.test(instruction)) return 'punctuation-first';
  if (language === 'en' && NON_ASCII.test(instruction)) return 'non-ascii-first';
  return null;
}
