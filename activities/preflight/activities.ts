import type { PreflightActivities } from '../../workflows/contracts/pipeline.ts';
import { runAttempt } from '../attempt.ts';
import { checkInput, type PreflightDependencies } from './check-input.ts';

/** What a run looks at before it begins. */
export function createPreflightActivities(dependencies: PreflightDependencies): PreflightActivities {
  return {
    checkInput: (input) => runAttempt(() => checkInput(input, dependencies)),
  };
}
