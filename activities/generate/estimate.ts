import type {
  EstimateGenerationInput,
  GenerationEstimate,
} from '../../workflows/contracts/generate-activities.ts';
import type { Decline, Estimated, Forecast, ObservedRequests } from '../../workflows/contracts/progress.ts';
import { apply, forecastOf, meanOf, within } from '../../workflows/decisions/forecast/forecasting.ts';
import {
  ASSUMED_DECLINE,
  assumedYield,
  fitYield,
  type YieldFit,
} from '../../workflows/decisions/forecast/yield-decline.ts';
import { costUsd, isFree, likelyTokens, type Price, worstCaseUsd } from '../teacher/profile/prices.ts';
import type { RecordedYield } from './accept/recorded-yield.ts';
import type { RunPrompts } from './prompt/run-prompts.ts';
import { estimateStage } from './self-instruct/estimate-stages.ts';

/*
 * What is assumed where this store has no record of the model with these prompts. Each is followed by the
 * factor that it may be wrong by, at 95%.
 */

/**
 * The share of the instructions asked for that is accepted while little resembles them yet: near the 0.78
 * that the offline teacher gives. With the assumed decline it comes to 0.27 over the original's 52,002 rows,
 * which cost under $500 at text-davinci-003's $0.02 per 1,000 tokens: at some 2,200 tokens a prompt and
 * answer these are at most 11,400 prompts, so at least 4.6 rows of the 17 that each asked for.
 */
export const EARLY_YIELD = 0.75;
export const EARLY_YIELD_FACTOR = 2;

/** Tokens that an instruction with its input, output and headings takes (the recipe's rows: about 90). */
const TOKENS_PER_INSTRUCTION = 90;
export const ANSWER_TOKENS_FACTOR = 2;

/** Prompts are measured, but by characters and not by the model's own tokenizer. */
export const PROMPT_TOKENS_FACTOR = 1.2;

/** Tokens a second of one answer, on servers from slow to fast. */
const TOKENS_PER_SECOND = 60;
const SPEED_FACTOR = 4;

/** How far a run may differ from an earlier one of the same settings. */
const RECORDED_FACTOR = 1.1;

/** How many of the run's first prompts are measured. */
const MEASURED_PROMPTS = 50;

export interface EstimateInput {
  settings: Pick<
    EstimateGenerationInput['settings'],
    'promptsPerRequest' | 'instructionsPerPrompt' | 'seedTasksPerPrompt' | 'maxTokens' | 'seesAfter' | 'stage'
  >;
  prompts: RunPrompts;
  target: number;
  /** requests in flight together */
  concurrency: number;
  price: Price;
  /** what an earlier run in this store saw of the same; null where there was none */
  recorded: RecordedYield | null;
}

/** An estimate says nothing of how requests are asked. */
export type CostEstimate = Omit<GenerationEstimate, 'batch'>;

/**
 * What reaching the target will likely take, and what one request can cost at the most. Requests, tokens,
 * dollars and hours are a forecast with its intervals; `worstCaseRequestUsd` is a bound.
 */
export function estimateGeneration(input: EstimateInput): CostEstimate {
  const { settings, prompts, price } = input;
  if (settings.stage !== null && prompts.sizes) return estimateStage(input, settings.stage, prompts.sizes);
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
  return {
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
    promptTokens: within(promptsPerRequest * meanPromptTokens(prompts, settings), PROMPT_TOKENS_FACTOR),
    completionTokens,
    seconds: secondsFor(completionTokens.value / promptsPerRequest),
  };
}

/** A request's prompts are answered side by side: it takes as long as one answer. */
export function secondsFor(answerTokens: number): Estimated {
  return within(answerTokens / TOKENS_PER_SECOND, SPEED_FACTOR);
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

export function costOf(each: Pick<Expected, 'promptTokens' | 'completionTokens'>, price: Price): Estimated {
  const at = (bound: keyof Estimated) =>
    costUsd(
      { promptTokens: each.promptTokens[bound], completionTokens: each.completionTokens[bound] },
      price,
    );
  return { value: at('value'), low: at('low'), high: at('high') };
}

function requestsOf({ promptTokens }: ObservedRequests): number {
  return promptTokens.count;
}

function meanPromptTokens(
  prompts: RunPrompts,
  { promptsPerRequest, seesAfter }: EstimateInput['settings'],
): number {
  let tokens = 0;
  // Those that need nothing accepted.
  const measured = Math.min(MEASURED_PROMPTS, ((seesAfter ?? MEASURED_PROMPTS) + 1) * promptsPerRequest);
  for (let index = 0; index < measured; index += 1)
    tokens += likelyTokens(prompts.text(Math.floor(index / promptsPerRequest), index % promptsPerRequest));
  return tokens / measured;
}
