import type { AssignmentPlan } from '../../workflows/contracts/rate.ts';
import { PhiloxStream, shuffledIndices } from '../philox.ts';

/** One line of a rater's list. */
export interface Assigned {
  /** the item, as numbered in the comparison */
  item: number;
  /** pairwise: B's answer is shown first */
  swapped: boolean;
}

/**
 * A rater's list: a function of the plan, its seed and the rater's number. The items are dealt round and
 * round from one shuffled deck, so that no two items differ by more than one in how many raters they get,
 * no two raters in how many items, and nobody gets one twice. Each rater has an order of his own, of the
 * items and of the two answers.
 */
export function assignedTo(plan: AssignmentPlan, rater: number): Assigned[] {
  const [from, to] = placesOf(plan, rater);
  const deck = shuffledIndices(plan.items, new PhiloxStream(plan.seed, 'rate', 0));
  const own = new PhiloxStream(plan.seed, 'rate', 1 + rater);
  return shuffledIndices(to - from, own).map((place) => ({
    item: deck[(from + place) % plan.items] ?? 0,
    swapped: own.nextBelow(2) === 1,
  }));
}

/** How many items the rater gets. */
export function assignedCount(plan: AssignmentPlan, rater: number): number {
  const [from, to] = placesOf(plan, rater);
  return to - from;
}

/** The stretch of dealt cards that is the rater's. */
function placesOf({ items, raters, itemsPerRater, votesPerItem }: AssignmentPlan, rater: number) {
  const most = Math.min(itemsPerRater ?? items, items);
  const dealt = Math.min(raters * most, (votesPerItem ?? raters) * items);
  const start = (number: number) => Math.floor((number * dealt) / raters);
  return [start(rater), start(rater + 1)] as const;
}
