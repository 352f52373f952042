import { z } from 'zod';
import { recipeRow } from '../../../workflows/contracts/data.ts';
import { readRows } from '../../artifacts/rows.ts';
import { type PreferenceForm, type PreferencePairs, type PreferenceRow, textsOf } from './preference-row.ts';

/** Rows of one prompt whose grades lie apart, as chosen and rejected answers. */

/** Grades that differ by less say nothing that could be relied on. */
const LEAST_APART = 2;

/** A row that the filter had graded. */
export const gradedRow = recipeRow.extend({
  row: z.int().min(0),
  graded: z.object({ judge: z.string(), grade: z.int().min(1).max(5).nullable() }),
});
type GradedRow = z.infer<typeof gradedRow>;

/**
 * Of all rows with the same instruction and input the best graded, the first of them, is chosen over each with another
 * output whose grade is lower by 2 or more. Grades of rows with other prompts say nothing of each other.
 *
 * @param source what the rows' provenance calls the file
 * @throws AlpacaError InvalidInput naming the row that is none that was graded
 */
export async function gradedPairsOf(
  path: string,
  source: string,
  form: PreferenceForm,
): Promise<PreferencePairs> {
  const rows = await readRows(path, gradedRow, source);
  const prompts = Map.groupBy(rows, ({ instruction, input }) => JSON.stringify([instruction, input]));
  const counts = { pairs: 0, ties: 0, disagreements: 0, unjudged: 0 };
  const found: PreferenceRow[] = [];
  for (const answers of prompts.values()) {
    const best = bestOf(answers);
    for (const other of answers) {
      if (best === null || other === best.answer || other.output === best.answer.output) continue;
      const { grade, judge } = other.graded;
      if (grade === null) counts.unjudged += 1;
      else if (best.grade - grade < LEAST_APART) counts.ties += 1;
      else {
        counts.pairs += 1;
        const grades = { chosen: best.grade, rejected: grade };
        const provenance = { source, row: best.answer.row, rejectedRow: other.row, annotator: judge, grades };
        found.push({ ...textsOf(other, best.answer.output, other.output, form), provenance });
      }
    }
  }
  return { rows: found, counts };
}

function bestOf(answers: readonly GradedRow[]): { answer: GradedRow; grade: number } | null {
  let best: { answer: GradedRow; grade: number } | null = null;
  for (const answer of answers) {
    const { grade } = answer.graded;
    if (grade !== null && grade > (best?.grade ?? 0)) best = { answer, grade };
  }
  return best;
}
