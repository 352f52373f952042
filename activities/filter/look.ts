import { exchangesOf } from '../../workflows/contracts/data/conversation.ts';
import type { DataRow } from '../../workflows/contracts/data.ts';
import type { FilterRule, Verdict } from '../../workflows/contracts/filter.ts';
import { languageOfRow, perLanguage } from '../artifacts/languages/per-language.ts';
import { type OverlapOptions, overlapFinder } from './overlap/overlap.ts';
import { faultOf } from './rules/rules.ts';
import { filterWordsOf } from './words/filter-words.ts';

/** What rows are looked at for. */
export interface LookOptions {
  rules: readonly FilterRule[];
  /** of rows that do not say theirs */
  language: string;
  /** null where rows are held against no files */
  overlap: OverlapOptions | null;
}

/** Looks at one row: why it is to be dropped, null where it is to be kept. What one row is says nothing of another. */
export function createLook({ rules, language, overlap }: LookOptions): (row: DataRow) => Verdict | null {
  const on = new Set(rules);
  const wordsOf = perLanguage(filterWordsOf);
  const overlapOf = overlap === null ? () => null : overlapFinder(overlap);
  const look = (row: DataRow) => faultOf(row, on, wordsOf(languageOfRow(row, language))) ?? overlapOf(row);
  return (row) => {
    // Of a conversation each answer may be wrong.
    for (const exchange of row.messages === undefined ? [row] : exchangesOf(row.messages)) {
      const verdict = look({ ...row, ...exchange });
      if (verdict !== null) return verdict;
    }
    return null;
  };
}
