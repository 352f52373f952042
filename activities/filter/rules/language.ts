import type { FilterWords, Script } from '../words/filter-words.ts';
import { proseOf } from './blocks.ts';
import type { Rule } from './rule.ts';

/** Characters of a text that its language is judged by. */
const LOOKED_AT = 2000;
/** Letters without which a script tells nothing, and words without which a language does. */
const FEWEST_LETTERS = 20;
const FEWEST_WORDS = 12;
/** Of running text a third to a half are its language's most frequent words. */
const SHARE_OF_PROSE = 0.2;
/** How many of them there must be: a name may be spelt as one. */
const FEWEST_KINDS = 4;
/** How many times as often as the run's language another must be seen. */
const CLEARLY = 3;

/**
 * The instruction, or the answer, is in another language than the run's. A task may be about another language: it says
 * so, or has text in it already, and then nothing is wrong. Languages in Latin letters are told apart by their most
 * frequent words, the others by their script.
 */
export const language: Rule = ({ instruction, input, output }, words) => {
  const asked = instruction.slice(0, LOOKED_AT);
  if (words.namesALanguage.areIn(asked)) return null;
  const ofInstruction = foreign(withoutQuotes(asked.split(/[:\n]/, 1)[0] ?? ''), words);
  if (ofInstruction !== null)
    return { reason: `the instruction is in ${named(ofInstruction)}`, found: instruction };
  const ofOutput = foreign(proseOf(output.slice(0, LOOKED_AT)), words);
  if (ofOutput === null || isIn(ofOutput, instruction, words) || isIn(ofOutput, input, words)) return null;
  return { reason: `the answer is in ${named(ofOutput)}`, found: output };
};

/** What a text is in. */
interface Foreign {
  script: Script;
  /** told apart for Latin letters alone */
  language: string | null;
}

function named({ script, language: name }: Foreign): string {
  return name === null ? `${script} letters` : `"${name}"`;
}

/** Another script or language than the run's; null where that is not clear. */
function foreign(text: string, { scripts, language: own, functionWords }: FilterWords): Foreign | null {
  const script = mostUsedScript(text);
  if (script === null) return null;
  if (script !== 'Latin') return scripts.includes(script) ? null : { script, language: null };
  const said = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  if (said.length < FEWEST_WORDS) return null;
  const seen = (name: string) => said.filter((word) => functionWords.get(name)?.has(word));
  const ofOwn = seen(own).length;
  if (CLEARLY * ofOwn > said.length) return null;
  let [best, most] = [own, 0];
  for (const name of functionWords.keys()) {
    const found = seen(name);
    const isVaried = new Set(found).size >= FEWEST_KINDS;
    if (name !== own && isVaried && found.length > most) [best, most] = [name, found.length];
  }
  return most >= SHARE_OF_PROSE * said.length && most >= CLEARLY * ofOwn ? { script, language: best } : null;
}

/** Whether a text has anything of what was found. */
function isIn({ script, language: name }: Foreign, text: string, { functionWords }: FilterWords): boolean {
  const shown = text.slice(0, LOOKED_AT);
  if (name === null) return countLetters(shown).has(script);
  const said = shown.toLowerCase().match(/\p{L}+/gu) ?? [];
  return said.filter((word) => functionWords.get(name)?.has(word)).length >= 3;
}

function withoutQuotes(text: string): string {
  return text.replaceAll(/"[^"\n]*"|“[^”\n]*”|'[^'\n]*'|「[^」\n]*」/g, ' ');
}

/** What more than half of the letters are of. */
function mostUsedScript(text: string): Script | null {
  const counts = countLetters(text);
  let letters = 0;
  for (const count of counts.values()) letters += count;
  if (letters < FEWEST_LETTERS) return null;
  for (const [name, count] of counts) if (2 * count > letters) return name;
  return null;
}

function countLetters(text: string): Map<Script, number> {
  const counts = new Map<Script, number>();
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    const isPlain = (unit > 0x60 && unit < 0x7b) || (unit > 0x40 && unit < 0x5b);
    if (unit < 0xc0 && !isPlain) continue;
    const name = isPlain ? 'Latin' : RANGES.find(({ from, to }) => unit >= from && unit <= to)?.name;
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Blocks of Unicode, as UTF-16 units. */
const RANGES: readonly { name: Script; from: number; to: number }[] = [
  { name: 'Latin', from: 0xc0, to: 0x24f },
  { name: 'Greek', from: 0x370, to: 0x3ff },
  { name: 'Cyrillic', from: 0x400, to: 0x52f },
  { name: 'Hebrew', from: 0x590, to: 0x5ff },
  { name: 'Arabic', from: 0x600, to: 0x6ff },
  { name: 'Devanagari', from: 0x900, to: 0x97f },
  { name: 'Thai', from: 0xe00, to: 0xe7f },
  { name: 'Kana', from: 0x3040, to: 0x30ff },
  { name: 'Hangul', from: 0x3130, to: 0x318f },
  { name: 'Han', from: 0x4e00, to: 0x9fff },
  { name: 'Hangul', from: 0xac00, to: 0xd7a3 },
];
