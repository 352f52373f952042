import type { SelfInstructStage } from '../../../workflows/contracts/generate.ts';
import type { Estimated, Forecast } from '../../../workflows/contracts/progress.ts';
import { apply, forecastOf, within } from '../../../workflows/decisions/forecast/forecasting.ts';
import { ASSUMED_DECLINE, assumedYield } from '../../../workflows/decisions/forecast/yield-decline.ts';
import { isFree, worstCaseUsd } from '../../teacher/profile/prices.ts';
import {
  ANSWER_TOKENS_FACTOR,
  type CostEstimate,
  costOf,
  EARLY_YIELD,
  EARLY_YIELD_FACTOR,
  type EstimateInput,
  PROMPT_TOKENS_FACTOR,
  secondsFor,
} from '../assumptions.ts';
import type { StageSizes } from './expected-sizes.ts';
import { ASKED_INSTRUCTIONS } from './read-instructions.ts';

/**
 * What one stage of Self-Instruct will likely take; of the first, what all three will. What a request can cost at the
 * most is of the stage itself.
 */
export function estimateStage(
  input: EstimateInput,
  stage: SelfInstructStage,
  sizes: StageSizes,
): CostEstimate {
  const { target, price, prompts } = input;
  const { promptsPerRequest } = input.settings;
  const asked = promptsPerRequest * ASKED_INSTRUCTIONS;
  const fit = assumedYield(asked * EARLY_YIELD, Math.log(EARLY_YIELD_FACTOR) / 2, ASSUMED_DECLINE);
  const ofEachTask = within(Math.ceil(target / promptsPerRequest), 1);
  const bootstrapped = apply(fit.requestsBetween(0, target), (requests) => Math.max(1, requests));
  const forecasts =
    stage === 'instructions'
      ? [
          forecastStage(input, sizes, 'instructions', bootstrapped),
          forecastStage(input, sizes, 'classification', ofEachTask),
          forecastStage(input, sizes, 'instances', ofEachTask),
        ]
      : [forecastStage(input, sizes, stage, ofEachTask)];
  const forecast = forecasts.reduce(together);
  return {
    requests: forecast.requests.value,
    promptTokens: forecast.promptTokens.value,
    completionTokens: forecast.completionTokens.value,
    costUsd: forecast.costUsd.value,
    acceptedPerRequest: stage === 'instructions' ? asked * EARLY_YIELD : promptsPerRequest,
    worstCaseRequestUsd: promptsPerRequest * worstCaseUsd(prompts.longest(), sizes.maxTokens(stage), price),
    free: isFree(price),
    outlook: {
      forecast,
      decline: fit.decline,
      secondsPerRequest: secondsFor(sizes.expected[stage].completionTokens),
    },
  };
}

function forecastStage(
  { settings, price, concurrency }: EstimateInput,
  { expected }: StageSizes,
  stage: SelfInstructStage,
  requestsLeft: Estimated,
): Forecast {
  const { promptTokens, completionTokens } = expected[stage];
  const each = {
    promptTokens: within(settings.promptsPerRequest * promptTokens, PROMPT_TOKENS_FACTOR),
    completionTokens: within(settings.promptsPerRequest * completionTokens, ANSWER_TOKENS_FACTOR),
  };
  return forecastOf({
    ...{ basis: 'assumed', measuredRequests: 0, requestsLeft, answeredAhead: 0, ...each, concurrency },
    costUsd: costOf(each, price),
    seconds: secondsFor(completionTokens),
    done: { requests: 0, promptTokens: 0, completionTokens: 0, costUsd: 0, seconds: 0 },
  });
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
