import { fencedBlocks } from './blocks.ts';
import type { Rule } from './rule.ts';

/** Words of an answer before its last one tells anything: a short one may be a word, a name or a line. */
const FEWEST_WORDS = 20;
/** Words of a line that is no greeting, such as `Best regards,`, and no heading. */
const FEWEST_OF_LINE = 8;

/**
 * The answer is empty, or stops in the middle: in a block of code, after a word that ends no sentence, at a comma, or at the colon
 * before what it announces. An answer that ends without a full stop is no sign: lists and names do.
 */
export const truncated: Rule = ({ output }, words) => {
  const text = output.trimEnd();
  if (text === '') return { reason: 'there is no answer', found: '' };
  const { blocks, prose } = fencedBlocks(text);
  const last = blocks.at(-1);
  if (last && !last.closed) return { reason: 'a block of code without an end', found: ending(text) };
  if (last && prose.trim() === '') return null;
  const line = text.slice(text.lastIndexOf('\n') + 1).trim();
  const ofLine = wordsIn(line);
  const lastLetter = text.at(-2) ?? '';
  if (ofLine >= FEWEST_OF_LINE && /[\p{L}\p{N}]/u.test(lastLetter)) {
    if (text.endsWith(',')) return { reason: 'it ends with a comma', found: ending(text) };
    if (text.endsWith(':') && /^\p{Lu}|^[\p{Script=Hangul}]/u.test(line) && !/[(=<>]/.test(line))
      return { reason: 'it ends where it announces something', found: ending(text) };
  }
  const word = /[\p{L}]+$/u.exec(text.slice(-40))?.[0];
  if (word !== undefined && words.endsNoSentence.has(word) && wordsIn(prose) >= FEWEST_WORDS)
    return { reason: `it ends with "${word}"`, found: ending(text) };
  return null;
};

function wordsIn(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

function ending(text: string): string {
  return text.slice(-120).replace(/^[\uDC00-\uDFFF]/, '');
}
