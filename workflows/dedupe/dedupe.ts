import { processing } from '../activity-bounds.ts';
import type { DedupeInput, DedupeResult } from '../contracts/dedupe.ts';
import { unseenText } from '../decisions/screen/unseen-text.ts';
import { resolveInput } from '../input.ts';
import { UPDATES_OF_WHAT_COSTS } from '../messages.ts';
import { type Outage, whileBudgetIsReached } from '../outage.ts';
import { answerAtFirst, PaidStep, type Payment } from '../step/paid-step.ts';

/** Step 3: exact ROUGE-L over a whole file of rows, and embeddings where they are asked for. */
export async function dedupe(raw: unknown, second?: unknown): Promise<DedupeResult> {
  const { input } = await resolveInput('dedupe', raw, second, {
    updates: UPDATES_OF_WHAT_COSTS,
    answer: ({ input: { budgetUsd } }) => answerAtFirst('dedupe', budgetUsd),
  });
  const step = new PaidStep('dedupe', input.budgetUsd);
  return step.run(
    (payment) => dedupeWithin(input, payment),
    (result) => {
      const { data, rejected, embedding } = result;
      const unseen = unseenText(result, data.rows + rejected.rows);
      const note = [`${rejected.rows} too similar`, ...(unseen === '' ? [] : [unseen])].join('; ');
      return { costUsd: embedding?.costUsd ?? 0, note };
    },
  );
}

/** Embeddings that cost money stop at the cap; raising it goes on, and those so far cost nothing again. */
export function dedupeWithin(
  input: DedupeInput,
  { budgetUsd, payer, outage, waiting }: Payment,
): Promise<DedupeResult> {
  if (input.embedding === null) return dedupeWhole(input, payer, outage);
  return whileBudgetIsReached(
    (within) => dedupeWhole({ ...input, budgetUsd: within }, payer, outage),
    budgetUsd,
    waiting,
  );
}

/**
 * One activity; or, in partitions, one that divides the rows, one for each partition that finds its pairs
 * above the threshold, and one that decides from the pairs as if row had come after row. Each waits through
 * outages by itself: what is done stays done.
 */
async function dedupeWhole(input: DedupeInput, payer: string, outage: Outage): Promise<DedupeResult> {
  const { threshold, partitions } = input;
  if (partitions === 1)
    return outage.patiently(() =>
      processing('compare every row with all before it').dedupeRows({ ...input, payer }),
    );
  const plan = await outage.patiently(() =>
    processing(`divide the rows into ${partitions} partitions`).planPartitions(input),
  );
  const { longest } = plan;
  const found = await Promise.all(
    plan.partitions.map((rows, partition) =>
      outage.patiently(() =>
        processing(`similar pairs of partition ${partition}`).findPairs({
          ...{ threshold, partitions, partition, longest, rows },
        }),
      ),
    ),
  );
  const pairs = found.map((partition) => partition.pairs);
  return outage.patiently(() =>
    processing('decide from the pairs').resolvePairs({ dedupe: input, plan, pairs, payer }),
  );
}
