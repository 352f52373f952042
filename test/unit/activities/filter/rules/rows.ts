import type { Rule } from '../../../../../activities/filter/rules/rule.ts';
import { filterWordsOf } from '../../../../../activities/filter/words/filter-words.ts';
import type { RecipeRow } from '../../../../../workflows/contracts/data.ts';

const WORDS = { en: filterWordsOf('en'), ko: filterWordsOf('ko') };

/** A row of which a rule reads what is given, and the rest is nothing in particular. */
export function row(given: Partial<RecipeRow>): RecipeRow {
  return { instruction: 'Answer the question that follows.', input: '', output: 'Yes.', ...given };
}

/** The reason for which a rule would drop a row; null where it keeps it. */
export function reasonOf(rule: Rule, given: Partial<RecipeRow>, language: 'en' | 'ko' = 'en'): string | null {
  return rule(row(given), WORDS[language])?.reason ?? null;
}
