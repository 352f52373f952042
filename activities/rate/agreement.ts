/** How far raters agree beyond what chance would give them: 1 is always, 0 is chance, below 0 is worse. */

/**
 * Cohen's kappa of two raters over the same items, categories unweighted (Cohen 1960, "A Coefficient of
 * Agreement for Nominal Scales"): (observed - expected) / (1 - expected), where the expected agreement
 * comes from each rater's own shares of the categories.
 *
 * @param first one category an item
 * @param second the other rater's, in the same order
 * @returns null without items, or where both raters used one and the same category throughout
 */
export function cohenKappa(first: readonly string[], second: readonly string[]): number | null {
  const items = first.length;
  if (items !== second.length) throw new RangeError('two raters of the same items are compared');
  if (items === 0) return null;
  const same = first.filter((category, item) => category === second[item]).length;
  const firstCounts = countsOf(first);
  const secondCounts = countsOf(second);
  let chance = 0;
  for (const [category, count] of firstCounts) chance += count * (secondCounts.get(category) ?? 0);
  return beyondChance(same / items, chance / items ** 2);
}

/**
 * Fleiss' kappa of several raters, who need not be the same for every item (Fleiss 1971, "Measuring Nominal
 * Scale Agreement Among Many Raters"). His formula has one number of ratings for all items; where it
 * differs, each item's own number takes its place. Items with fewer than two ratings say nothing and are
 * left out.
 *
 * @param table for each item, how many raters chose each category
 * @returns null where no item has two ratings, or where all ratings are of one category
 */
export function fleissKappa(table: readonly (readonly number[])[]): number | null {
  const rated = table.filter((counts) => sum(counts) >= 2);
  if (rated.length === 0) return null;
  const observed = sum(rated.map(agreementWithin)) / rated.length;
  const total = sum(rated.map(sum));
  const categories = Math.max(...rated.map((counts) => counts.length));
  let expected = 0;
  for (let category = 0; category < categories; category += 1)
    expected += (sum(rated.map((counts) => counts[category] ?? 0)) / total) ** 2;
  return beyondChance(observed, expected);
}

/** The share of pairs of an item's raters that agree. */
function agreementWithin(counts: readonly number[]): number {
  const raters = sum(counts);
  return sum(counts.map((count) => count * (count - 1))) / (raters * (raters - 1));
}

function beyondChance(observed: number, expected: number): number | null {
  return expected === 1 ? null : (observed - expected) / (1 - expected);
}

function countsOf(categories: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const category of categories) counts.set(category, (counts.get(category) ?? 0) + 1);
  return counts;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
