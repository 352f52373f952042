import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import { type CategoryCount, countCategories } from './category.ts';
import { checkQuality, type QualityFindings } from './quality.ts';
import { countVerbs, type VerbCounts } from './verb-counts.ts';

/** What the report reads out of the rows' texts. */
export interface RowAnalysis {
  verbs: VerbCounts;
  /** the most frequent first */
  categories: CategoryCount[];
  quality: QualityFindings;
}

export async function analyseRows(rows: readonly RecipeRow[], signal: AbortSignal): Promise<RowAnalysis> {
  return {
    verbs: await countVerbs(
      rows.map(({ instruction }) => instruction),
      signal,
    ),
    categories: countCategories(rows),
    quality: checkQuality(rows),
  };
}
