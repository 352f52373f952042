import type { InstructionClass } from '../../../workflows/contracts/data/classes.ts';
import type { DataRow } from '../../../workflows/contracts/data.ts';
import type { GradedClasses } from '../../../workflows/contracts/filter.ts';
import { languageOfRow, perLanguage } from '../../artifacts/languages/per-language.ts';
import { classWordsOf } from '../../classes/class-words.ts';
import { createClassifier } from '../../classes/classifier.ts';
import type { StructuredGrade } from '../../teacher/answer/structured-output.ts';
import { sameNames } from './agreement.ts';

/** The classes in words, as a judge is asked for them: in English, as the rest of its prompt. */
export function kindsOfTasks(): Readonly<Record<string, string>> {
  return classWordsOf('en')?.asking?.kinds ?? {};
}

/**
 * What a judge says of the classes of rows, and how often the offline rule says the same.
 *
 * @param grades of each row; null where there is none
 * @param language of rows that do not say theirs
 */
export function classesOf(
  rows: readonly DataRow[],
  grades: readonly (StructuredGrade | null)[],
  language: string,
): GradedClasses {
  const ruleOf = perLanguage(createClassifier);
  const byClass: Partial<Record<InstructionClass, number>> = {};
  const pairs: [string, string][] = [];
  let unread = 0;
  for (const [index, row] of rows.entries()) {
    const grade = grades[index] ?? null;
    if (grade === null) continue;
    if (grade.class === null) {
      unread += 1;
      continue;
    }
    byClass[grade.class] = (byClass[grade.class] ?? 0) + 1;
    pairs.push([grade.class, ruleOf(languageOfRow(row, language))(row)]);
  }
  return { byClass, unread, ...sameNames(pairs) };
}
