import { type GenerateInput, type RequestSettings, type Seeing, seesAfter } from '../contracts/generate.ts';
import type { AcceptRoundInput, AnswerRequestInput } from '../contracts/generate-activities.ts';
import type { ControlState } from '../contracts/progress.ts';
import { REFINED_AFTER_REQUESTS } from './forecast/refined-forecast.ts';
import type { GenerationState } from './generation-state.ts';

/** Requests from `taken` on that the target is expected to need: asking beyond them would pay for nothing. */
export function requestsNeeded(
  { accepted, taken, estimate, tasks }: GenerationState,
  target: number,
): number {
  // A later stage asks one prompt for each task, whatever comes of it.
  if (tasks !== null) return Math.max(1, Math.ceil(tasks.rows / estimate.acceptedPerRequest) - taken);
  const perRequest = accepted > 0 ? accepted / taken : estimate.acceptedPerRequest;
  return Math.max(1, Math.ceil((target - accepted) / perRequest));
}

/** What of a generation's settings says how far it asks ahead. */
export type Pace = Pick<GenerateInput, 'roundSize'> & Seeing;

/**
 * Requests from `taken` on that may be asked by what their prompts see: request r may be once rounds have taken all
 * below r - seesAfter. No bound where prompts see nothing.
 */
export function seeable(pace: Pace, { tasks }: Pick<GenerationState, 'tasks'>): number {
  const after = tasks === null ? seesAfter(pace) : null;
  return after === null ? Number.POSITIVE_INFINITY : after + 1;
}

/**
 * Requests below this index may be asked: as many as are needed, no more than two windows or rounds, and none whose
 * prompts see what is not accepted yet.
 */
export function askedBelow(
  state: GenerationState,
  pace: Pace,
  { target, concurrency }: Pick<ControlState, 'target' | 'concurrency'>,
): number {
  const ahead = Math.max(2 * pace.roundSize, 2 * concurrency);
  return state.taken + Math.min(requestsNeeded(state, target), ahead, seeable(pace, state));
}

/** What an asking is given of what is accepted: nothing where prompts see nothing. */
export function seenPool(
  { seesAfter }: Pick<RequestSettings, 'seesAfter'>,
  { pool }: Pick<GenerationState, 'pool'>,
): Pick<AnswerRequestInput, 'pool'> {
  return seesAfter === null ? {} : { pool };
}

/** Towards the end a round is as small as what is still needed: rows are accepted by request, not by round. */
export function nextRoundSize(state: GenerationState, pace: Pace, target: number): number {
  const roundSize = Math.min(pace.roundSize, seeable(pace, state));
  // The first round is what the forecast is measured on.
  const longest = state.taken === 0 ? Math.min(roundSize, REFINED_AFTER_REQUESTS) : roundSize;
  return Math.min(longest, requestsNeeded(state, target));
}

/** What `acceptRound` is given to take the next `requests`. */
export function nextRound(
  state: GenerationState,
  requests: number,
  { threshold, tokenization, collapseAfter }: GenerateInput,
  target: number,
): Omit<AcceptRoundInput, 'settings'> {
  return {
    threshold,
    tokenization,
    firstRequest: state.taken,
    requests,
    pool: state.pool,
    target,
    collapseAfter,
    emptyRequests: state.emptyRequests,
    seconds: state.seconds.count < 2 ? null : state.seconds,
  };
}
