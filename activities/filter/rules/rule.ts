import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import type { FilterRule } from '../../../workflows/contracts/filter.ts';
import type { FilterWords } from '../words/filter-words.ts';

/** What a rule found wrong with a row. */
export interface Fault {
  /** one clause */
  reason: string;
  /** what of the row it was */
  found: string;
}

/**
 * One rule: null where it has nothing against the row. When in doubt it has nothing: a good row that is lost costs more
 * than a bad one that stays. It takes time in proportion to the row's length, whatever the row holds.
 */
export type Rule = (row: RecipeRow, words: FilterWords) => Fault | null;
export type Rules = Readonly<Record<FilterRule, Rule>>;

/** Characters of a row that a verdict quotes. */
const LONGEST_EXCERPT = 200;

/** Cut between characters, never inside a surrogate pair. */
export function excerpt(text: string): string {
  if (text.length <= LONGEST_EXCERPT) return text;
  return `${text.slice(0, LONGEST_EXCERPT).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
