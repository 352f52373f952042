import { deduping } from './activity-bounds.ts';
import { type DedupeInput, type DedupeResult, dedupeInput } from './contracts/steps.ts';
import { parseInput } from './input.ts';

/** Step 3: exact ROUGE-L over a whole file of rows. */
export async function dedupe(raw: unknown): Promise<DedupeResult> {
  return dedupeWhole(parseInput('dedupe', dedupeInput, raw));
}

/**
 * One activity; or, in partitions, one that divides the rows, one for each partition that finds its pairs
 * above the threshold, and one that decides from the pairs as if row had come after row.
 */
export async function dedupeWhole(input: DedupeInput): Promise<DedupeResult> {
  const { threshold, partitions } = input;
  if (partitions === 1) return deduping('compare every row with all before it').dedupeRows(input);
  const plan = await deduping(`divide the rows into ${partitions} partitions`).planPartitions(input);
  const { longest } = plan;
  const found = await Promise.all(
    plan.partitions.map((rows, partition) =>
      deduping(`similar pairs of partition ${partition}`).findPairs({
        ...{ threshold, partitions, partition, longest, rows },
      }),
    ),
  );
  const pairs = found.map((partition) => partition.pairs);
  return deduping('decide from the pairs').resolvePairs({ dedupe: input, plan, pairs });
}
