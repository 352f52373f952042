import { z } from 'zod';
import { type Tokenization, tokenization } from '../../../workflows/contracts/run.ts';
import { builtinPath } from '../builtin.ts';
import { readLanguageJson } from './language-json.ts';

const words = z.array(z.string().trim().min(1));

/** What an instruction of the language must not be, beside the recipe's rule of punctuation. */
const instructionRules = z
  .strictObject({
    /** a shorter one is dropped; words are what stands between spaces */
    fewestWords: z.int().min(1),
    mostWords: z.int().min(1),
    /** things a text model cannot look at, make or play */
    forbiddenWords: z.strictObject({
      words,
      /** what may follow such a word without a space: particles. The longest that fits may be followed by another. */
      endings: words,
    }),
    /** the same by the shorter list of Self-Instruct */
    selfInstructWords: words,
    /** "Write a program" and its like, in these very letters */
    forbiddenStarts: words,
    /** what its first character may be of: `ASCII`, a script of Unicode (`Hangul`), or a character itself (`¿`) */
    firstCharacter: z
      .array(z.string().regex(/^(?:[A-Z]\w+|[^A-Za-z0-9])$/u, 'expected ASCII, a script or one character'))
      .min(1)
      .refine((list) => list.every(isCharacterClass), 'expected scripts that Unicode knows'),
  })
  .refine(({ fewestWords, mostWords }) => fewestWords <= mostWords, {
    path: ['fewestWords'],
    error: 'expected no more than mostWords',
  });
export type InstructionRules = z.infer<typeof instructionRules>;

const language = z.strictObject({
  /** as the language is called: where a prompt's requirements have one of these words, the offline teacher writes it */
  names: words.min(1),
  tokenization,
  instructions: instructionRules,
});
export type Language = z.infer<typeof language>;

/**
 * What a language's folder says of it in `language.json`.
 *
 * @throws AlpacaError InvalidInput where there is no such language; naming file and line where the file will not do
 */
export function languageOf(name: string): Language {
  return readLanguageJson(builtinPath('language', name), language);
}

/** What texts of several languages are compared by: one that sees all that each needs. */
export function tokenizationOfLanguages(names: readonly string[]): Tokenization {
  const each = new Set(names.map((name) => languageOf(name).tokenization));
  const [only] = each;
  if (each.size === 1 && only) return only;
  return each.has('syllable-pairs') ? 'syllable-pairs' : 'unicode';
}

/** The inside of a character class of a regular expression with the flag `u`. */
export function characterClassOf(named: string): string {
  if (named === 'ASCII') return '\\0-\\x7f';
  return named.length > 1 && /^[A-Z]/.test(named)
    ? `\\p{Script=${named}}`
    : named.replace(/[\]\\^-]/, '\\$&');
}

function isCharacterClass(named: string): boolean {
  try {
    return new RegExp(`[${characterClassOf(named)}]`, 'u').source !== '';
  } catch {
    return false;
  }
}
