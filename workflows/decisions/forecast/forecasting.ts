import type { Estimated, Forecast, Sums } from '../../contracts/progress.ts';
import { student95 } from './yield-decline.ts';

export interface ForecastInput {
  basis: Forecast['basis'];
  measuredRequests: number;
  /** requests still to be taken */
  requestsLeft: Estimated;
  /** of those, how many are answered already */
  answeredAhead: number;
  /** of one request */
  promptTokens: Estimated;
  completionTokens: Estimated;
  costUsd: Estimated;
  seconds: Estimated;
  /** requests in flight together */
  concurrency: number;
  done: {
    requests: number;
    promptTokens: number;
    completionTokens: number;
    costUsd: number;
    seconds: number;
  };
}

/** What is done and what is left, as the whole run's requests, tokens, dollars and hours. */
export function forecastOf(input: ForecastInput): Forecast {
  const { requestsLeft, done, concurrency } = input;
  const left = apply(requestsLeft, (requests) => Math.max(0, Math.ceil(requests - 1e-9)));
  const unasked = apply(left, (requests) => Math.max(0, requests - input.answeredAhead));
  const whole = (already: number, each: Estimated) => plus(already, times(unasked, each));
  // The last requests fill no window, but take as long as any.
  const turns = apply(unasked, (requests) => (requests === 0 ? 0 : Math.max(1, requests / concurrency)));
  const secondsLeft = times(turns, input.seconds);
  return {
    basis: input.basis,
    measuredRequests: input.measuredRequests,
    requests: plus(done.requests, left),
    promptTokens: apply(whole(done.promptTokens, input.promptTokens), Math.round),
    completionTokens: apply(whole(done.completionTokens, input.completionTokens), Math.round),
    costUsd: whole(done.costUsd, input.costUsd),
    hours: apply(plus(done.seconds, secondsLeft), (seconds) => seconds / 3600),
    secondsLeft: apply(secondsLeft, Math.round),
  };
}

/** A mean and its 95% interval by Student's t; null on fewer than two. No figure here is below zero. */
export function meanOf({ count, sum, squares }: Sums): Estimated | null {
  if (count < 2) return null;
  const value = sum / count;
  const variance = Math.max(0, (squares - sum * value) / (count - 1));
  const half = student95(count - 1) * Math.sqrt(variance / count);
  return { value, low: Math.max(0, value - half), high: value + half };
}

/** A figure that is taken to be right within a factor. */
export function within(value: number, factor: number): Estimated {
  return { value, low: value / factor, high: value * factor };
}

export function apply({ value, low, high }: Estimated, change: (figure: number) => number): Estimated {
  return { value: change(value), low: change(low), high: change(high) };
}

function plus(already: number, more: Estimated): Estimated {
  return apply(more, (figure) => already + figure);
}

/** The product of two figures whose errors have nothing to do with each other: these add as squares. */
function times(a: Estimated, b: Estimated): Estimated {
  const value = a.value * b.value;
  if (value === 0) return { value: 0, low: 0, high: a.high * b.high };
  const away = (bound: 'low' | 'high') => Math.hypot(distance(a, bound), distance(b, bound));
  return { value, low: value * Math.exp(-away('low')), high: value * Math.exp(away('high')) };
}

function distance(figure: Estimated, bound: 'low' | 'high'): number {
  return Math.abs(Math.log(figure[bound] / figure.value));
}
