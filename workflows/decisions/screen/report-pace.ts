import { mostIsSpent } from '../budget.ts';

/**
 * How often a step tells the run that it is a part of: each telling is some five events in both histories, which are to
 * show the recipe, and have room for a step of a week. So the interval grows with the time gone by; whoever watches a run
 * asks its step (`withStep` in `decisions/progress-of.ts`).
 */
const SHORTEST_MS = 60_000;
const LONGEST_MS = 60 * 60_000;
const SHARE_OF_ELAPSED = 0.5;

/** The time to the next report, in milliseconds, of a step that has run for so long. */
export function reportInterval(elapsedMs: number): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, elapsedMs * SHARE_OF_ELAPSED));
}

/** By so much of what was reported last a count grows before it is told, whatever the time. */
const TOLD_GROWTH = 0.1;

/** What a generation reports that its run is steered by. */
export interface Counted {
  accepted: number;
  costUsd: number;
}

/**
 * Whether a generation has something to tell before the time: that most of its budget is spent, at once; or counts so far
 * beyond those that were told that its run could not say which budget and which target are too low, a minute apart.
 *
 * @param before as they were reported last
 * @param sinceMs milliseconds since then
 * @param budgetUsd dollars, of the budget in force; null where there is none
 */
export function isWorthTelling(
  now: Counted,
  before: Counted,
  sinceMs: number,
  budgetUsd: number | null,
): boolean {
  if (mostIsSpent(now.costUsd, budgetUsd) && !mostIsSpent(before.costUsd, budgetUsd)) return true;
  const hasGrown = (count: keyof Counted) => now[count] > before[count] * (1 + TOLD_GROWTH);
  return sinceMs >= SHORTEST_MS && (hasGrown('accepted') || hasGrown('costUsd'));
}
