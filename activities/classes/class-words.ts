import { existsSync } from 'node:fs';
import { z } from 'zod';
import { instructionClass, namedClass } from '../../workflows/contracts/data/classes.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { readLanguageJson } from '../artifacts/languages/language-json.ts';

/** What the classifier knows of a language, from `classes.json` in its folder: words and phrases, no expressions. */

const phrases = z.array(
  z.string().refine((text) => text.trim() !== '' && text === text.toLowerCase(), 'expected lower case'),
);

const wordsOfClass = z.strictObject({
  /** at the beginning of the instruction */
  begins: phrases,
  says: phrases,
  /** say little by themselves */
  hints: phrases,
});

/** How a prompt asks for a class. */
const askingWords = z.strictObject({
  /** `{kind}` becomes a kind */
  one: z.string().includes('{kind}'),
  /** `{kinds}` becomes kinds, with semicolons */
  none: z.string().includes('{kinds}'),
  kinds: z.record(namedClass, z.string().min(1)),
});
export type AskingWords = z.infer<typeof askingWords>;

const classWords = z.strictObject({
  /** courtesies before the verb, passed over */
  openings: phrases,
  /** words that a question begins with, or ends with where the language puts them there */
  questions: phrases,
  classes: z.record(instructionClass, wordsOfClass),
  /** where it is missing, classes have no shares in the language */
  asking: askingWords.optional(),
});
export type ClassWords = z.infer<typeof classWords>;

/** Null for a language whose folder has no such file: all of its instructions are `other`. */
export function classWordsOf(language: string): ClassWords | null {
  const path = builtinPath('classes', language);
  return existsSync(path) ? readLanguageJson(path, classWords) : null;
}
