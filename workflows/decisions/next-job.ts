import type { CollectBatchResult, JobPlan } from '../contracts/generate-activities.ts';
import type { Budget } from './budget.ts';
import { laterUsdOfRequest } from './forecast/later-stages.ts';
import type { GenerationState } from './generation-state.ts';
import { type Pace, requestsNeeded, seeable } from './next-round.ts';

export interface JobSizing {
  state: GenerationState;
  target: number;
  plan: JobPlan;
  pace: Pace;
  /** answered requests in a row that no round has taken yet */
  contiguous: number;
  budget: Budget;
}

/**
 * Requests in the next job: those that the target is expected to need, as far as the provider and the budget
 * allow; 0 where none is to be made now.
 */
export function nextJobSize(sizing: JobSizing): number {
  const { budget, state } = sizing;
  const { worstCaseRequestUsd } = state.estimate;
  const later = laterUsdOfRequest(state);
  let requests = Math.min(wantedJobSize(sizing), budget.timesAffordable(worstCaseRequestUsd));
  // The budget holds back for what one request brings.
  while (requests > 1 && !budget.affords(requests * worstCaseRequestUsd + (requests - 1) * later))
    requests -= 1;
  return requests;
}

/** The same whatever it costs: of these the ledger may have some, which need no money. */
export function wantedJobSize({ state, target, plan, pace, contiguous }: JobSizing): number {
  const needed = Math.min(requestsNeeded(state, target), seeable(pace, state));
  // While a round can be taken the yield is about to be better known.
  if (contiguous >= Math.min(pace.roundSize, needed)) return 0;
  const missing = state.taken + needed - state.next;
  return Math.max(0, Math.min(missing, plan.requestsPerJob));
}

/**
 * Looks for requests where there is no money for one more: what the ledger has costs nothing.
 *
 * @param count gives what the ledger has of so many
 * @returns of those in a row that it has whole; null where it has not even the first
 */
export async function wholeInLedger(
  requests: number,
  count: (requests: number) => Promise<CollectBatchResult>,
): Promise<CollectBatchResult | null> {
  const { answeredRequests, ...all } = await count(requests);
  if (answeredRequests === 0) return null;
  return all.missing === 0 ? { answeredRequests, ...all } : count(answeredRequests);
}

/** The most dollars that asking single prompts of a job again can cost. */
export function worstCaseOfPrompts(
  { estimate }: GenerationState,
  prompts: number,
  promptsPerRequest: number,
): number {
  return (prompts / promptsPerRequest) * estimate.worstCaseRequestUsd;
}

/** The longest wait between two looks at a job, in seconds, where its profile does not begin with a longer one. */
const LONGEST_POLL_SECONDS = 600;

/** The wait after one of `seconds`: half as long again. */
export function nextPollSeconds(seconds: number, { pollSeconds }: JobPlan): number {
  return Math.min(Math.max(LONGEST_POLL_SECONDS, pollSeconds), seconds * 1.5);
}
