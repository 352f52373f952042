import type { PreflightActivities } from '../../workflows/contracts/pipeline.ts';
import type { StartActivities } from '../../workflows/contracts/run/start.ts';
import { resolveStart } from '../../workflows/decisions/start/resolve-start.ts';
import { runAttempt } from '../activity-attempt.ts';
import { checkInput, type PreflightDependencies } from './check-input.ts';

/** What a run looks at before it begins. */
export function createPreflightActivities(
  dependencies: PreflightDependencies,
  heartbeatSeconds: number,
): PreflightActivities & StartActivities {
  return {
    checkInput: (input) => runAttempt((attempt) => checkInput(input, dependencies, attempt)),
    resolveStart: async (start) => ({ ...resolveStart(start), heartbeatSeconds }),
  };
}
