import type { YieldCounts } from '../../../workflows/contracts/generate.ts';
import type { FilterName } from '../parse/filters.ts';
import type { ParsedAnswer } from '../parse/parse.ts';

/*
 * What became of every row asked for. Two sums hold:
 *   asked  = parsed + malformed
 *   parsed = filtered (all filters) + similar + accepted
 * But rows that were brought in were asked of nobody: of them only parsed and accepted count.
 */

export function noYield(): YieldCounts {
  return { asked: 0, parsed: 0, malformed: 0, filtered: {}, similar: 0, accepted: 0 };
}

export function mergeYield(a: YieldCounts, b: YieldCounts): YieldCounts {
  const filtered = { ...a.filtered };
  for (const [name, count] of Object.entries(b.filtered)) filtered[name] = (filtered[name] ?? 0) + count;
  return {
    asked: a.asked + b.asked,
    parsed: a.parsed + b.parsed,
    malformed: a.malformed + b.malformed,
    filtered,
    similar: a.similar + b.similar,
    accepted: a.accepted + b.accepted,
  };
}

/**
 * Counts one answer. Rows that the teacher never wrote are malformed; where it wrote more than it was
 * asked for, what it wrote counts as asked.
 *
 * @param asked instructionsPerPrompt - seedTasksPerPrompt
 * @param drops for each parsed segment the filter that dropped it, or null
 */
export function answerYield(
  asked: number,
  answer: ParsedAnswer,
  drops: readonly (FilterName | null)[],
): YieldCounts {
  const counts = noYield();
  counts.asked = Math.max(asked, answer.segments);
  counts.parsed = answer.parsed.length;
  counts.malformed = counts.asked - counts.parsed;
  for (const name of drops) if (name !== null) counts.filtered[name] = (counts.filtered[name] ?? 0) + 1;
  return counts;
}
