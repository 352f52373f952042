import { AlpacaError } from '../../errors.ts';
import { countTargets, type NumberedExample } from '../../model/example.ts';
import { type BatchPlan, rowsOf } from './plan.ts';

/**
 * Refuses, before the first step, a global batch whose loss would be 0/0.
 *
 * @throws AlpacaError InvalidInput naming step and rows
 */
export function checkTargets(plan: BatchPlan, rows: readonly NumberedExample[]): void {
  const learnable = rows.map((row) => countTargets(row) > 0);
  for (const [step, microBatches] of plan.steps.entries()) {
    const batch = microBatches.flat().flatMap(rowsOf);
    if (batch.some((row) => learnable[row])) continue;
    const named = listOf(batch.flatMap((row) => rows[row] ?? []));
    throw new AlpacaError(
      'InvalidInput',
      `Step ${step} has nothing to learn: every label of the rows ${named} is masked.`,
      { remedy: 'Leave those rows out, or tokenize with a larger maxLength.' },
    );
  }
}

/** The numbers of rows, for a message: the first 32, and how many more there are. */
export function listOf(rows: readonly NumberedExample[]): string {
  const ids = rows.map(({ row }) => row).sort((a, b) => a - b);
  return ids.length <= 32 ? ids.join(', ') : `${ids.slice(0, 32).join(', ')} and ${ids.length - 32} more`;
}
