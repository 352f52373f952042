import type { InstructionClass } from '../../workflows/contracts/data/classes.ts';
import type { DataRow } from '../../workflows/contracts/data.ts';
import { characterClassOf, languageOf } from '../artifacts/languages/language.ts';
import { languageNames } from '../artifacts/languages/language-folder.ts';
import { languageOfRow, perLanguage } from '../artifacts/languages/per-language.ts';
import { createClassifier } from './classifier.ts';

export interface ClassCount {
  name: InstructionClass;
  rows: number;
}

type ClassifiedRow = Pick<DataRow, 'instruction' | 'input' | 'language'>;

/**
 * The class of each row.
 *
 * @param language of rows that do not say theirs
 */
export function classifyRows(rows: readonly ClassifiedRow[], language: string): InstructionClass[] {
  const classifierOf = perLanguage(createClassifier);
  return rows.map((row) => classifierOf(languageOfRow(row, language))(row));
}

/** How many there are of each class, the most frequent first. */
export function tallyClasses(classes: readonly InstructionClass[]): ClassCount[] {
  const counts = new Map<InstructionClass, number>();
  for (const name of classes) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, rows: count })).sort((a, b) => b.rows - a.rows);
}

/**
 * Rows by class, the most frequent first.
 *
 * @param language of rows that do not say theirs
 */
export function countClasses(rows: readonly ClassifiedRow[], language: string): ClassCount[] {
  return tallyClasses(classifyRows(rows, language));
}

/**
 * What rows are read as where no run says: the language most of whose instructions have a letter of a script that it alone
 * may begin an instruction with, as Korean has Hangul; else English, with which languages in Latin letters are mixed up.
 */
export function languageOfRows(rows: readonly Pick<DataRow, 'instruction'>[]): string {
  for (const name of languageNames()) {
    const own = languageOf(name).instructions.firstCharacter.filter((first) => !SHARED.test(first));
    if (own.length === 0) continue;
    const letters = new RegExp(`[${own.map(characterClassOf).join('')}]`, 'u');
    if (rows.filter(({ instruction }) => letters.test(instruction)).length > rows.length / 2) return name;
  }
  return 'en';
}

/** What tells no language: letters of many, and marks. */
const SHARED = /^(?:ASCII|Latin|Common|Inherited|[^A-Z].*)$/s;
