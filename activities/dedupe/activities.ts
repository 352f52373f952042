import { availableParallelism } from 'node:os';
import { Context } from '@temporalio/activity';
import type { DedupeActivities, DedupeResult } from '../../workflows/contracts/dedupe.ts';
import { runAttempt } from '../activity-attempt.ts';
import { createSlots } from '../process/slots.ts';
import { measure } from '../telemetry.ts';
import { dedupeRows } from './dedupe-rows.ts';
import type { EmbeddingDependencies } from './embedding/embedding-pass.ts';
import { findPairs } from './partition/find-pairs.ts';
import { planPartitions } from './partition/plan-partitions.ts';
import { resolvePairs } from './partition/resolve-pairs.ts';

export function createDedupeActivities(deps: Omit<EmbeddingDependencies, 'paidBy'>): DedupeActivities {
  // A worker takes on many activities at once; of these each keeps a core busy.
  const cores = createSlots(availableParallelism());
  const paying = (payer = Context.current().info.workflowExecution?.runId): EmbeddingDependencies => ({
    ...deps,
    paidBy: `dedupe ${payer ?? ''}`,
  });
  return {
    dedupeRows: ({ payer, ...input }) =>
      runAttempt(async (attempt) => measured(await dedupeRows(input, paying(payer), attempt))),
    planPartitions: (input) => runAttempt((attempt) => planPartitions(input, deps, attempt)),
    findPairs: (input) =>
      runAttempt((attempt) => cores.run(attempt.signal, () => findPairs(input, deps, attempt))),
    resolvePairs: ({ payer, ...input }) =>
      runAttempt(async (attempt) => measured(await resolvePairs(input, paying(payer), attempt))),
  };
}

function measured(result: DedupeResult): DedupeResult {
  measure('alpaca_rows_dropped', result.rejected.rows, { step: 'dedupe', rule: 'similar' });
  return result;
}
