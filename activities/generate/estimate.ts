import type { Decline, Estimated, Forecast, ObservedRequests } from '../../workflows/contracts/progress.ts';
import { apply, forecastOf, meanOf, within } from '../../workflows/decisions/forecast/forecasting.ts';
import {
  ASSUMED_DECLINE,
  assumedYield,
  fitYield,
  type YieldFit,
} from '../../workflows/decisions/forecast/yield-decline.ts';
import { isFree, likelyTokens, worstCaseUsd } from '../teacher/profile/prices.ts';
import {
  ANSWER_TOKENS_FACTOR,
  type CostEstimate,
  costOf,
  EARLY_YIELD,
  EARLY_YIELD_FACTOR,
  type EstimateInput,
  PROMPT_TOKENS_FACTOR,
  secondsFor,
  TOKENS_PER_INSTRUCTION,
} from './assumptions.ts';
import { estimateStage, withTurns } from './estimate-stages.ts';
import type { RunPrompts } from './prompt/run-prompts.ts';
import { MEASURED_PROMPTS } from './self-instruct/expected-sizes.ts';

/** How far a run may differ from an earlier one of the same settings. */
const RECORDED_FACTOR = 1.1;

/**
 * What reaching the target will likely take, and what one request can cost at the most. Requests, tokens,
 * dollars and hours are a forecast with its intervals; `worstCaseRequestUsd` is a bound.
 */
export function estimateGeneration(input: EstimateInput): CostEstimate {
  const { settings, prompts, price } = input;
  const { now, later } = prompts.sizes?.() ?? { now: null, later: [] };
  if (now !== null) return estimateStage(input, { now, later });
  const asked = settings.promptsPerRequest * (settings.instructionsPerPrompt - settings.seedTasksPerPrompt);
  const { fit, ...each } = expected(input, asked);
  const forecast = forecastOf({
    ...each,
    requestsLeft: apply(fit.requestsBetween(0, input.target), (requests) => Math.max(1, requests)),
    answeredAhead: 0,
    costUsd: costOf(each, price),
    concurrency: input.concurrency,
    done: { requests: 0, promptTokens: 0, completionTokens: 0, costUsd: 0, seconds: 0 },
  });
  const estimate: CostEstimate = {
    requests: forecast.requests.value,
    promptTokens: forecast.promptTokens.value,
    completionTokens: forecast.completionTokens.value,
    costUsd: forecast.costUsd.value,
    // By this a run decides how far to ask ahead before it knows its own yield. It never goes by a record:
    // a second run over one ledger would ask further than the first, and pay for it.
    acceptedPerRequest: asked * EARLY_YIELD,
    worstCaseRequestUsd:
      settings.promptsPerRequest * worstCaseUsd(prompts.longest(), settings.maxTokens, price),
    free: isFree(price),
    outlook: { forecast, decline: fit.decline, secondsPerRequest: each.seconds },
  };
  if (later.length === 0) return estimate;
  const { promptTokens, completionTokens, seconds } = each;
  const ofOne = { promptTokens, completionTokens, costUsd: costOf(each, price), seconds };
  return withTurns(input, estimate, ofOne, later);
}

interface Expected {
  basis: Forecast['basis'];
  measuredRequests: number;
  fit: YieldFit;
  /** of one request */
  promptTokens: Estimated;
  completionTokens: Estimated;
  seconds: Estimated;
}

function expected(input: EstimateInput, asked: number): Expected {
  const { recorded, settings } = input;
  const fit = recorded && fitYield(recorded.observed, ASSUMED_DECLINE);
  const completionTokens = recorded && meanOf(recorded.observed.completionTokens);
  const promptTokens = recorded && meanOf(recorded.observed.promptTokens);
  const seconds = recorded?.seconds ? meanOf(recorded.seconds) : null;
  if (recorded === null || !fit || !completionTokens || !promptTokens) return assumed(input, asked);
  return {
    basis: 'recorded',
    measuredRequests: requestsOf(recorded.observed),
    fit: widened(fit),
    promptTokens,
    completionTokens,
    seconds: seconds ?? secondsFor(completionTokens.value / settings.promptsPerRequest),
  };
}

function assumed({ settings, prompts }: EstimateInput, asked: number): Expected {
  const { promptsPerRequest, maxTokens } = settings;
  const decline: Decline = ASSUMED_DECLINE;
  const answerTokens = (asked / promptsPerRequest) * TOKENS_PER_INSTRUCTION;
  const completionTokens = apply(
    within(answerTokens, ANSWER_TOKENS_FACTOR),
    (tokens) => promptsPerRequest * Math.min(maxTokens, tokens),
  );
  return {
    basis: 'assumed',
    measuredRequests: 0,
    fit: assumedYield(asked * EARLY_YIELD, Math.log(EARLY_YIELD_FACTOR) / 2, decline),
    promptTokens: within(
      promptsPerRequest * meanPromptTokens(prompts, promptsPerRequest),
      PROMPT_TOKENS_FACTOR,
    ),
    completionTokens,
    seconds: secondsFor(completionTokens.value / promptsPerRequest),
  };
}

function widened(fit: YieldFit): YieldFit {
  return {
    ...fit,
    requestsBetween(accepted, target) {
      const { value, low, high } = fit.requestsBetween(accepted, target);
      return { value, low: low / RECORDED_FACTOR, high: high * RECORDED_FACTOR };
    },
  };
}

function requestsOf({ promptTokens }: ObservedRequests): number {
  return promptTokens.count;
}

function meanPromptTokens(prompts: RunPrompts, promptsPerRequest: number): number {
  let tokens = 0;
  for (let index = 0; index < MEASURED_PROMPTS; index += 1)
    tokens += likelyTokens(prompts.text(Math.floor(index / promptsPerRequest), index % promptsPerRequest));
  return tokens / MEASURED_PROMPTS;
}
