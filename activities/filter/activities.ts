import { Context } from '@temporalio/activity';
import type { FilterActivities, FilterResult, GradeActivities } from '../../workflows/contracts/filter.ts';
import { runAttempt } from '../activity-attempt.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { measure } from '../telemetry.ts';
import { filterRows } from './filter-rows.ts';
import { type GradeDependencies, gradeRows } from './grade/grade-rows.ts';

export function createFilterActivities(deps: { store: ArtifactStore }): FilterActivities {
  return {
    filterRows: (input) =>
      runAttempt(async (attempt) => measured(await filterRows(input, deps, attempt), 'filter')),
  };
}

/** Asks teachers: it waits for the network, and needs no processor. */
export function createGradeActivities(deps: GradeDependencies): GradeActivities {
  return {
    gradeRows: ({ payer = Context.current().info.workflowExecution?.runId, ...input }) =>
      runAttempt(async (attempt) =>
        measured(await gradeRows(input, deps, `filter ${payer ?? ''}`, attempt), 'grade', input.filtered),
      ),
  };
}

/** @param before what was dropped already, and is counted */
function measured(result: FilterResult, step: string, before?: FilterResult): FilterResult {
  for (const [rule, rows] of Object.entries(result.droppedBy))
    if (!(rule in (before?.droppedBy ?? {}))) measure('alpaca_rows_dropped', rows, { step, rule });
  return result;
}
