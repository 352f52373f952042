import type { JobPlan } from '../contracts/generate-activities.ts';
import type { ControlState } from '../contracts/progress.ts';
import { type GenerationState, requestsNeeded } from './generation-state.ts';

export interface JobSizing {
  state: GenerationState;
  control: ControlState;
  plan: JobPlan;
  roundSize: number;
  /** answered requests in a row that no round has taken yet */
  contiguous: number;
  /** dollars spent, and reserved for what is in flight */
  committedUsd: number;
}

/**
 * Requests in the next job: those that the target is expected to need, as far as the provider and the budget
 * allow; 0 where none is to be made now.
 */
export function nextJobSize(sizing: JobSizing): number {
  const { state, control, plan, roundSize, contiguous } = sizing;
  const needed = requestsNeeded(state, control.target);
  // While a round can be taken the yield is about to be better known.
  if (contiguous >= Math.min(roundSize, needed)) return 0;
  const missing = state.taken + needed - state.next;
  return Math.max(0, Math.min(missing, plan.requestsPerJob, affordableRequests(sizing)));
}

function affordableRequests({ state, control: { budgetUsd }, committedUsd }: JobSizing): number {
  const { worstCaseRequestUsd } = state.estimate;
  if (budgetUsd === null || worstCaseRequestUsd === 0) return Number.POSITIVE_INFINITY;
  let requests = Math.max(0, Math.floor((budgetUsd - committedUsd) / worstCaseRequestUsd));
  // Rounding must not pass the cap either.
  while (requests > 0 && committedUsd + requests * worstCaseRequestUsd > budgetUsd) requests -= 1;
  return requests;
}
