import type { TextFault } from '../../../workflows/contracts/data/text.ts';
import type { YieldCounts } from '../../../workflows/contracts/generate.ts';
import { noYield } from '../../../workflows/decisions/yield-counts.ts';
import type { FilterName } from '../parse/filters.ts';

/**
 * Counts one answer. Rows that the teacher never wrote are malformed; where it wrote more than it was
 * asked for, what it wrote counts as asked.
 *
 * @param asked instructionsPerPrompt - seedTasksPerPrompt
 * @param drops for each parsed segment why it was dropped, or null
 */
export function answerYield(
  asked: number,
  answer: { parsed: readonly unknown[]; segments: number },
  drops: readonly (FilterName | TextFault | null)[],
): YieldCounts {
  const counts = noYield();
  counts.asked = Math.max(asked, answer.segments);
  counts.parsed = answer.parsed.length;
  counts.malformed = counts.asked - counts.parsed;
  for (const name of drops) if (name !== null) counts.filtered[name] = (counts.filtered[name] ?? 0) + 1;
  return counts;
}
