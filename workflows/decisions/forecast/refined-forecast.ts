import type { Outlook } from '../../contracts/generate-activities.ts';
import type { Estimated, Forecast, ObservedRequests, Sums } from '../../contracts/progress.ts';
import { forecastOf, meanOf, within } from './forecasting.ts';
import { fitYield } from './yield-decline.ts';

/** From so many answered requests on, a run is measured and no longer guessed at. */
export const REFINED_AFTER_REQUESTS = 10;

export interface RunSoFar {
  /** what was expected before the first request */
  outlook: Outlook;
  observed: ObservedRequests;
  /** seconds of single requests */
  seconds: Sums;
  accepted: number;
  target: number;
  concurrency: number;
  /** requests still to be taken, where that is known; else it goes by the yield */
  requestsLeft?: number | undefined;
  /** answered requests whose rows are not considered yet */
  answeredAhead: number;
  done: {
    requests: number;
    promptTokens: number;
    completionTokens: number;
    costUsd: number;
    seconds: number;
  };
}

/**
 * The forecast by what the run itself has shown: tokens and dollars of a request, rows accepted of each
 * and how they decline, and seconds of a request at the concurrency in force. What the run cannot tell yet,
 * such as the decline over rows to come, is as sure as it was expected to be. Pure: a workflow calls it.
 *
 * @returns null before there is enough to measure
 */
export function refineForecast(run: RunSoFar): Forecast | null {
  const { outlook, observed, done } = run;
  if (observed.promptTokens.count + run.answeredAhead < REFINED_AFTER_REQUESTS) return null;
  const left = run.requestsLeft === undefined ? leftByYield(run) : within(run.requestsLeft, 1);
  const promptTokens = meanOf(observed.promptTokens);
  const completionTokens = meanOf(observed.completionTokens);
  const costUsd = meanOf(observed.costUsd);
  if (!left || !promptTokens || !completionTokens || !costUsd) return null;
  return forecastOf({
    basis: 'measured',
    measuredRequests: observed.promptTokens.count,
    requestsLeft: left,
    answeredAhead: run.answeredAhead,
    promptTokens,
    completionTokens,
    costUsd,
    seconds: meanOf(run.seconds) ?? outlook.secondsPerRequest,
    concurrency: run.concurrency,
    done,
  });
}

/** The fit is worth a millisecond or two, and changes only where a round or the target does. */
const fitted = new WeakMap<ObservedRequests, { target: number; left: Estimated | null }>();

function leftByYield({ observed, outlook, accepted, target }: RunSoFar): Estimated | null {
  const known = fitted.get(observed);
  if (known?.target === target) return known.left;
  const left = fitYield(observed, outlook.decline)?.requestsBetween(accepted, target) ?? null;
  fitted.set(observed, { target, left });
  return left;
}
