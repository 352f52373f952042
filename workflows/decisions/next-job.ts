import type { JobPlan } from '../contracts/generate-activities.ts';
import type { Budget } from './budget.ts';
import type { GenerationState } from './generation-state.ts';
import { requestsNeeded } from './next-round.ts';

export interface JobSizing {
  state: GenerationState;
  target: number;
  plan: JobPlan;
  roundSize: number;
  /** answered requests in a row that no round has taken yet */
  contiguous: number;
  budget: Budget;
}

/**
 * Requests in the next job: those that the target is expected to need, as far as the provider and the budget
 * allow; 0 where none is to be made now.
 */
export function nextJobSize({ state, target, plan, roundSize, contiguous, budget }: JobSizing): number {
  const needed = requestsNeeded(state, target);
  // While a round can be taken the yield is about to be better known.
  if (contiguous >= Math.min(roundSize, needed)) return 0;
  const missing = state.taken + needed - state.next;
  const affordable = budget.timesAffordable(state.estimate.worstCaseRequestUsd);
  return Math.max(0, Math.min(missing, plan.requestsPerJob, affordable));
}

/** The most dollars that asking single prompts of a job again can cost. */
export function worstCaseOfPrompts(
  { estimate }: GenerationState,
  prompts: number,
  promptsPerRequest: number,
): number {
  return (prompts / promptsPerRequest) * estimate.worstCaseRequestUsd;
}
