import type { DataRow } from '../../../workflows/contracts/data.ts';
import { type ClassCount, countClasses } from '../../classes/count-classes.ts';
import { type MeasuredAccuracy, measureAccuracy } from '../../classes/measured-accuracy.ts';
import { isClassification } from './is-classification.ts';
import { checkQuality, type QualityFindings } from './quality.ts';
import { countVerbs, type VerbCounts } from './verb-counts.ts';

/** What the report reads out of the rows' texts. */
export interface RowAnalysis {
  verbs: VerbCounts;
  /** the most frequent first */
  classes: ClassCount[];
  /** how often the classifier is right in the language of the rows; null where it was not measured */
  classAccuracy: MeasuredAccuracy | null;
  /** rows with one of few possible answers */
  classificationTasks: number;
  quality: QualityFindings;
}

export async function analyseRows(
  rows: readonly DataRow[],
  language: string,
  signal: AbortSignal,
): Promise<RowAnalysis> {
  return {
    verbs: await countVerbs(
      rows.map(({ instruction }) => instruction),
      signal,
    ),
    classes: countClasses(rows, language),
    classAccuracy: await measureAccuracy(language),
    classificationTasks: rows.filter(({ instruction, output }) => isClassification(instruction, output))
      .length,
    quality: checkQuality(rows),
  };
}
