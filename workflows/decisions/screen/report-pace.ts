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
