import { grading, processing } from '../activity-bounds.ts';
import type { FilterInput, FilterResult } from '../contracts/filter.ts';
import { droppedText } from '../decisions/screen/dropped-text.ts';
import { resolveInput } from '../input.ts';
import { UPDATES_OF_WHAT_COSTS } from '../messages.ts';
import { whileBudgetIsReached } from '../outage.ts';
import { answerAtFirst, PaidStep, type Payment } from '../step/paid-step.ts';

/**
 * Between dedupe and tokenize, where it is asked for: rows with faults, rows that overlap what measures a model, and rows
 * that a teacher grades low.
 */
export async function filter(raw: unknown, second?: unknown): Promise<FilterResult> {
  const { input } = await resolveInput('filter', raw, second, {
    updates: UPDATES_OF_WHAT_COSTS,
    answer: ({ input: { budgetUsd } }) => answerAtFirst('filter', budgetUsd),
  });
  const step = new PaidStep('filter', input.budgetUsd);
  return step.run(
    (payment) => filterWithin(input, payment),
    (result) => ({ costUsd: result.grades?.costUsd ?? 0, note: droppedText(result) }),
  );
}

/**
 * What costs nothing goes first, and once. Grades stop at the cap; raising it goes on, and those so far cost nothing
 * again.
 */
export async function filterWithin(
  input: FilterInput,
  { budgetUsd, payer, outage, waiting }: Payment,
): Promise<FilterResult> {
  const filtered = await outage.patiently(() => processing('look for faults in every row').filterRows(input));
  if (input.grade === null) return filtered;
  const { judge } = input.grade;
  return whileBudgetIsReached(
    (within) =>
      outage.patiently(() =>
        grading(`grades by ${judge}`).gradeRows({ filter: { ...input, budgetUsd: within }, filtered, payer }),
      ),
    budgetUsd,
    waiting,
  );
}
