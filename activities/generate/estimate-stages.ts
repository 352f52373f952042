import type { ExpectedRequest, Outlook } from '../../workflows/contracts/generate-activities.ts';
import { forecastRequests, withLaterStages } from '../../workflows/decisions/forecast/forecast-now.ts';
import { apply, within } from '../../workflows/decisions/forecast/forecasting.ts';
import { ASSUMED_DECLINE, assumedYield } from '../../workflows/decisions/forecast/yield-decline.ts';
import { isFree, worstCaseUsd } from '../teacher/profile/prices.ts';
import {
  ANSWER_TOKENS_FACTOR,
  type CostEstimate,
  costOf,
  EARLY_YIELD,
  EARLY_YIELD_FACTOR,
  type EstimateInput,
  PROMPT_TOKENS_FACTOR,
  secondsFor,
} from './assumptions.ts';
import type { StageSize, StageSizes } from './prompt/stage-sizes.ts';
import { ASKED_INSTRUCTIONS } from './self-instruct/read-instructions.ts';

/**
 * What one stage will likely take, and those after it. What a request can cost at the most is of the stage itself: that of
 * instructions asks until the target is reached, any other a prompt for each task.
 */
export function estimateStage(
  input: EstimateInput,
  { now: size, later: sizes }: StageSizes & { now: StageSize },
): CostEstimate {
  const { target, price, concurrency } = input;
  const { promptsPerRequest, stage } = input.settings;
  const asked = promptsPerRequest * ASKED_INSTRUCTIONS;
  const fit = assumedYield(asked * EARLY_YIELD, Math.log(EARLY_YIELD_FACTOR) / 2, ASSUMED_DECLINE);
  const bootstrapped = apply(fit.requestsBetween(0, target), (requests) => Math.max(1, requests));
  const ofTasks = Math.ceil(target / promptsPerRequest);
  const now = requestOf(input, size);
  const own = forecastRequests(
    stage === 'instructions' ? bootstrapped : within(ofTasks, 1),
    now,
    concurrency,
  );
  const stages = stagesOf(input, now, sizes);
  const forecast = withLaterStages(own, stages.later, ofTasks, concurrency);
  return {
    ...figuresOf(forecast),
    acceptedPerRequest: stage === 'instructions' ? asked * EARLY_YIELD : promptsPerRequest,
    worstCaseRequestUsd: worstCaseOf(input, size),
    free: isFree(price),
    outlook: { forecast, decline: fit.decline, secondsPerRequest: now.seconds, stages },
  };
}

/** An estimate of Alpaca's rows with the stages in which they become conversations. */
export function withTurns(
  input: EstimateInput,
  estimate: CostEstimate,
  now: ExpectedRequest,
  later: readonly StageSize[],
): CostEstimate {
  const { target, concurrency, settings } = input;
  const stages = stagesOf(input, now, later);
  const requests = Math.ceil(target / settings.promptsPerRequest);
  const forecast = withLaterStages(estimate.outlook.forecast, stages.later, requests, concurrency);
  return { ...estimate, ...figuresOf(forecast), outlook: { ...estimate.outlook, forecast, stages } };
}

function figuresOf({ requests, promptTokens, completionTokens, costUsd }: Outlook['forecast']) {
  return {
    requests: requests.value,
    promptTokens: promptTokens.value,
    completionTokens: completionTokens.value,
    costUsd: costUsd.value,
  };
}

function stagesOf(
  input: EstimateInput,
  now: ExpectedRequest,
  later: readonly StageSize[],
): NonNullable<Outlook['stages']> {
  return {
    promptsPerRequest: input.settings.promptsPerRequest,
    now,
    later: later.map((size) => requestOf(input, size)),
    laterWorstCaseUsd: Math.max(0, ...later.map((size) => worstCaseOf(input, size))),
  };
}

function worstCaseOf({ settings, price }: EstimateInput, { longest, maxTokens }: StageSize): number {
  return settings.promptsPerRequest * worstCaseUsd(longest, maxTokens, price);
}

function requestOf(
  { settings: { promptsPerRequest }, price }: EstimateInput,
  { expected: { promptTokens, completionTokens } }: StageSize,
): ExpectedRequest {
  const tokens = {
    promptTokens: within(promptsPerRequest * promptTokens, PROMPT_TOKENS_FACTOR),
    completionTokens: within(promptsPerRequest * completionTokens, ANSWER_TOKENS_FACTOR),
  };
  return { ...tokens, costUsd: costOf(tokens, price), seconds: secondsFor(completionTokens) };
}
