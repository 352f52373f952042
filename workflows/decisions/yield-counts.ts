import type { YieldCounts } from '../contracts/generate.ts';

/*
 * What became of every row asked for. Two sums always hold:
 *   asked  = parsed + malformed
 *   parsed = filtered (all filters) + similar + accepted
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
