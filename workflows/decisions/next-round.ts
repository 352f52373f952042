import type { GenerateInput } from '../contracts/generate.ts';
import type { AcceptRoundInput } from '../contracts/generate-activities.ts';
import type { ControlState } from '../contracts/progress.ts';
import { tokenizationFor } from '../contracts/run.ts';
import { REFINED_AFTER_REQUESTS } from './forecast/refined-forecast.ts';
import type { GenerationState } from './generation-state.ts';

/** Requests from `taken` on that the target is expected to need: asking beyond them would pay for nothing. */
export function requestsNeeded({ accepted, taken, estimate }: GenerationState, target: number): number {
  const perRequest = accepted > 0 ? accepted / taken : estimate.acceptedPerRequest;
  return Math.max(1, Math.ceil((target - accepted) / perRequest));
}

/** Requests below this index may be asked: as many as are needed, and no more than two windows or rounds. */
export function askedBelow(
  state: GenerationState,
  roundSize: number,
  { target, concurrency }: Pick<ControlState, 'target' | 'concurrency'>,
): number {
  return state.taken + Math.min(requestsNeeded(state, target), Math.max(2 * roundSize, 2 * concurrency));
}

/** Towards the end a round is as small as what is still needed: rows are accepted by request, not by round. */
export function nextRoundSize(state: GenerationState, roundSize: number, target: number): number {
  // The first round is what the forecast is measured on.
  const longest = state.taken === 0 ? Math.min(roundSize, REFINED_AFTER_REQUESTS) : roundSize;
  return Math.min(longest, requestsNeeded(state, target));
}

/** What `acceptRound` is given to take the next `requests`. */
export function nextRound(
  state: GenerationState,
  requests: number,
  { threshold, tokenization, language, collapseAfter }: GenerateInput,
  target: number,
): Omit<AcceptRoundInput, 'settings'> {
  return {
    threshold,
    tokenization: tokenizationFor(tokenization, language),
    firstRequest: state.taken,
    requests,
    pool: state.pool,
    target,
    collapseAfter,
    emptyRequests: state.emptyRequests,
    seconds: state.seconds.count < 2 ? null : state.seconds,
  };
}
