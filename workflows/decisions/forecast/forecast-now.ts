import type { ExpectedRequest } from '../../contracts/generate-activities.ts';
import type { ControlState, Forecast } from '../../contracts/progress.ts';
import { type GenerationState, requestsTaken } from '../generation-state.ts';
import { forecastOf, within } from './forecasting.ts';
import { refineForecast } from './refined-forecast.ts';

type InForce = Pick<ControlState, 'target' | 'concurrency'>;

/** The forecast as it stands: the run's own from the first ten requests of its stage on, until then the estimate's. */
export function forecastNow(
  state: GenerationState,
  inForce: InForce,
  answeredAhead: number,
  now: number,
): Forecast | null {
  const { outlook } = state.estimate;
  const { stages } = outlook;
  const done = whatIsDone(state, now);
  const requestsLeft = requestsOfTasks(state);
  const { observed, seconds, accepted } = state;
  const of = { outlook, seconds, accepted, ...inForce, requestsLeft, answeredAhead, done };
  const measured = observed && refineForecast({ ...of, observed });
  if (stages === undefined) return measured ?? outlook.forecast;
  if (requestsLeft === undefined && measured === null) return outlook.forecast;
  const own =
    measured ??
    forecastOf({
      ...{ basis: 'assumed', measuredRequests: 0, ...stages.now, answeredAhead, done },
      ...{ requestsLeft: within(requestsLeft ?? 0, 1), concurrency: inForce.concurrency },
    });
  const tasks = state.tasks?.rows ?? Math.max(inForce.target, accepted);
  const requests = Math.ceil(tasks / stages.promptsPerRequest);
  return withLaterStages(own, stages.later, requests, inForce.concurrency);
}

/** The same with the stages to come, each of so many requests. */
export function withLaterStages(
  own: Forecast,
  later: readonly ExpectedRequest[],
  requests: number,
  concurrency: number,
): Forecast {
  const whole = later
    .map((each) => forecastRequests(within(requests, 1), each, concurrency))
    .reduce(together, own);
  const isPartly = own.basis === 'measured' && later.length > 0;
  return isPartly ? { ...whole, basis: 'stage-measured' } : whole;
}

/** Of a stage that is still to come, by what is expected of one request. */
export function forecastRequests(
  requestsLeft: Forecast['requests'],
  each: ExpectedRequest,
  concurrency: number,
): Forecast {
  const done = { requests: 0, promptTokens: 0, completionTokens: 0, costUsd: 0, seconds: 0 };
  return forecastOf({
    ...{ basis: 'assumed', measuredRequests: 0, requestsLeft, answeredAhead: 0, ...each, concurrency, done },
  });
}

/** Requests of a later stage that no round has taken: it asks one prompt for each task. */
function requestsOfTasks({ tasks, taken, estimate }: GenerationState): number | undefined {
  const { stages } = estimate.outlook;
  if (tasks === null || stages === undefined) return undefined;
  return Math.max(0, Math.ceil(tasks.rows / stages.promptsPerRequest) - taken);
}

function whatIsDone(state: GenerationState, now: number) {
  const { promptTokens, completionTokens, costUsd } = state.totals;
  const seconds = (now - state.startedAt) / 1000;
  return { requests: requestsTaken(state), promptTokens, completionTokens, costUsd, seconds };
}

/** Of one stage and another after it: taken to err in the same direction, as one teacher's habits make them. */
function together(one: Forecast, other: Forecast): Forecast {
  const plus = (figure: Exclude<keyof Forecast, 'basis' | 'measuredRequests'>) => ({
    value: one[figure].value + other[figure].value,
    low: one[figure].low + other[figure].low,
    high: one[figure].high + other[figure].high,
  });
  return {
    ...one,
    requests: plus('requests'),
    promptTokens: plus('promptTokens'),
    completionTokens: plus('completionTokens'),
    costUsd: plus('costUsd'),
    hours: plus('hours'),
    secondsLeft: plus('secondsLeft'),
  };
}
