import { Context } from '@temporalio/activity';
import type { FilterActivities, GradeActivities } from '../../workflows/contracts/filter.ts';
import { runAttempt } from '../activity-attempt.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { filterRows } from './filter-rows.ts';
import { type GradeDependencies, gradeRows } from './grade/grade-rows.ts';

export function createFilterActivities(deps: { store: ArtifactStore }): FilterActivities {
  return { filterRows: (input) => runAttempt((attempt) => filterRows(input, deps, attempt)) };
}

/** Asks teachers: it waits for the network, and needs no processor. */
export function createGradeActivities(deps: GradeDependencies): GradeActivities {
  return {
    gradeRows: ({ payer = Context.current().info.workflowExecution?.runId, ...input }) =>
      runAttempt((attempt) => gradeRows(input, deps, `filter ${payer ?? ''}`, attempt)),
  };
}
