import type { InstructionClass } from '../../workflows/contracts/data/classes.ts';
import type { DataRow } from '../../workflows/contracts/data.ts';
import { languageOfRow, perLanguage } from '../artifacts/languages/per-language.ts';
import { createClassifier } from './classifier.ts';

export interface ClassCount {
  name: InstructionClass;
  rows: number;
}

/**
 * Rows by class, the most frequent first.
 *
 * @param language of rows that do not say theirs
 */
export function countClasses(
  rows: readonly Pick<DataRow, 'instruction' | 'input' | 'language'>[],
  language: string,
): ClassCount[] {
  const classifierOf = perLanguage(createClassifier);
  const counts = new Map<InstructionClass, number>();
  for (const row of rows) {
    const name = classifierOf(languageOfRow(row, language))(row);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => ({ name, rows: count })).sort((a, b) => b.rows - a.rows);
}

/** What rows are read as where no run says: Korean where most instructions have Hangul, else English. */
export function languageOfRows(rows: readonly Pick<DataRow, 'instruction'>[]): string {
  const korean = rows.filter(({ instruction }) => /\p{Script=Hangul}/u.test(instruction)).length;
  return korean > rows.length / 2 ? 'ko' : 'en';
}
