import type { InstructionClass } from '../../../workflows/contracts/data/classes.ts';
import type { DataRow } from '../../../workflows/contracts/data.ts';
import { languageOfRow } from '../../artifacts/languages/per-language.ts';
import { type ClassCount, classifyRows, tallyClasses } from '../../classes/count-classes.ts';
import { type MeasuredAccuracy, measureAccuracy } from '../../classes/measured-accuracy.ts';
import { isClassification } from './is-classification.ts';
import { checkQuality, type QualityFindings } from './quality.ts';
import { countVerbs, type VerbCounts } from './verb-counts.ts';

/** What the report reads out of the rows' texts. */
export interface RowAnalysis {
  verbs: VerbCounts;
  /** the most frequent first */
  classes: ClassCount[];
  /** of each row, in their order */
  classOfRow: InstructionClass[];
  /** how often the classifier is right in each language of the rows for which that was measured */
  classAccuracy: { language: string; measured: MeasuredAccuracy }[];
  /** rows with one of few possible answers */
  classificationTasks: number;
  quality: QualityFindings;
}

export async function analyseRows(
  rows: readonly DataRow[],
  language: string,
  signal: AbortSignal,
): Promise<RowAnalysis> {
  const classOfRow = classifyRows(rows, language);
  return {
    verbs: await countVerbs(
      rows.map(({ instruction }) => instruction),
      signal,
    ),
    classes: tallyClasses(classOfRow),
    classOfRow,
    classAccuracy: await accuracyIn(new Set(rows.map((row) => languageOfRow(row, language)))),
    classificationTasks: rows.filter(({ instruction, output }) => isClassification(instruction, output))
      .length,
    quality: checkQuality(rows, language),
  };
}

async function accuracyIn(languages: Iterable<string>): Promise<RowAnalysis['classAccuracy']> {
  const known: RowAnalysis['classAccuracy'] = [];
  for (const language of [...languages].sort()) {
    const measured = await measureAccuracy(language);
    if (measured !== null) known.push({ language, measured });
  }
  return known;
}
