import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import { type FilterRule, filterRule, type Verdict } from '../../../workflows/contracts/filter.ts';
import type { FilterWords } from '../words/filter-words.ts';
import { arithmetic } from './arithmetic.ts';
import { code } from './code.ts';
import { echo } from './echo.ts';
import { json } from './json.ts';
import { language } from './language.ts';
import { markup } from './markup.ts';
import { personalData } from './personal-data.ts';
import { refusal } from './refusal.ts';
import { repetition } from './repetition.ts';
import { excerpt, type Rules } from './rule.ts';
import { truncated } from './truncated.ts';

const RULES: Rules = {
  ...{ json, code, arithmetic, refusal, truncated, language, echo, markup, repetition },
  'personal-data': personalData,
};

/** What the first of these rules that finds something finds, in the order of the contract; null where none does. */
export function faultOf(row: RecipeRow, rules: ReadonlySet<FilterRule>, words: FilterWords): Verdict | null {
  for (const rule of filterRule.options) {
    const fault = rules.has(rule) ? RULES[rule](row, words) : null;
    if (fault !== null) return { rule, reason: fault.reason, found: excerpt(fault.found) };
  }
  return null;
}
