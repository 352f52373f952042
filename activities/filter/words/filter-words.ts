import { z } from 'zod';
import { builtinPath } from '../../artifacts/builtin.ts';
import { readLanguageJson } from '../../artifacts/languages/language-json.ts';

/** What the rules know of a language, from its file beside the seed tasks: words and phrases, no expressions. */

const SCRIPTS = [
  'Latin',
  'Greek',
  'Cyrillic',
  'Hebrew',
  'Arabic',
  'Devanagari',
  'Thai',
  'Hangul',
  'Kana',
  'Han',
] as const;
const script = z.enum(SCRIPTS);
export type Script = z.infer<typeof script>;

/** In lower case. Each stands at the beginning of a word; `mod ` with its space is a word by itself. */
const phrases = z
  .array(
    z.string().refine((text) => text.trim() !== '' && text === text.toLowerCase(), 'expected lower case'),
  )
  .min(1)
  .transform((list) => new Phrases(list));

const filterWords = z.strictObject({
  /** what its texts are written in */
  scripts: z.array(script).min(1),
  refusal: z.strictObject({
    apologies: phrases,
    selves: phrases,
    cannot: phrases,
    acts: phrases,
    goesOn: phrases,
  }),
  /** an instruction asks for words of somebody else, or for a translation */
  writesForOthers: phrases,
  /** an instruction names a language, or asks for another */
  namesALanguage: phrases,
  /** an instruction is about what does not parse */
  speaksOfErrors: phrases,
  asksToRepeat: phrases,
  /** exactly, as they stand at the end of what was cut off */
  endsNoSentence: z.array(z.string()).transform((list) => new Set(list)),
  arithmetic: z.strictObject({
    /** words after which a calculation begins */
    before: z.array(z.string()).transform((list) => new Set(list)),
    /** words after a result by which it counts something else */
    after: z.array(z.string()).transform((list) => new Set(list)),
    /** words of a line whose calculation is not meant, or not exact */
    notMeant: phrases,
    /** words of a row that calculates by other rules */
    otherRules: phrases,
  }),
});
type WordsOfLanguage = z.output<typeof filterWords>;

export interface FilterWords extends WordsOfLanguage {
  language: string;
  /** frequent words by language, of languages in Latin letters */
  functionWords: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Phrases to look for in a text, whatever its case. */
class Phrases {
  readonly #anywhere: RegExp;
  readonly #atStart: RegExp;

  constructor(list: readonly string[]) {
    const any = list.map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|');
    // Korean puts words together without a space: there a phrase stands anywhere.
    this.#anywhere = new RegExp(`(?<![a-z0-9])(?:${any})`, 'i');
    this.#atStart = new RegExp(`^(?:${any})`, 'i');
  }

  areIn(text: string): boolean {
    return this.#anywhere.test(text);
  }

  begin(text: string): boolean {
    return this.#atStart.test(text);
  }
}

const functionWords = z
  .record(z.string(), z.string())
  .transform(
    (lists) => new Map(Object.entries(lists).map(([name, list]) => [name, new Set(list.split(' '))])),
  );

/** Reads what the rules know of a language. */
export function filterWordsOf(language: string): FilterWords {
  return {
    language,
    ...readLanguageJson(builtinPath('filter-words', language), filterWords),
    functionWords: readLanguageJson(builtinPath('function-words', language), functionWords),
  };
}
