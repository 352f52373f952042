import type { SelfInstructStage } from '../../../workflows/contracts/generate.ts';
import type { ExpectedRequest } from '../../../workflows/contracts/generate-activities.ts';
import { forecastRequests, withLaterStages } from '../../../workflows/decisions/forecast/forecast-now.ts';
import { apply, within } from '../../../workflows/decisions/forecast/forecasting.ts';
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
import type { ExpectedSize, StageSizes } from './expected-sizes.ts';
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
  const { target, price, concurrency } = input;
  const { promptsPerRequest } = input.settings;
  const asked = promptsPerRequest * ASKED_INSTRUCTIONS;
  const fit = assumedYield(asked * EARLY_YIELD, Math.log(EARLY_YIELD_FACTOR) / 2, ASSUMED_DECLINE);
  const bootstrapped = apply(fit.requestsBetween(0, target), (requests) => Math.max(1, requests));
  const ofTasks = Math.ceil(target / promptsPerRequest);
  const [first, ...rest] = stagesFrom(stage);
  const expected = (of: SelfInstructStage) => requestOf(input, sizes.expected[of]);
  const worstCase = (of: SelfInstructStage) =>
    promptsPerRequest * worstCaseUsd(sizes.longest(of), sizes.maxTokens(of), price);
  const [now, later] = [expected(first), rest.map(expected)];
  const own = forecastRequests(
    stage === 'instructions' ? bootstrapped : within(ofTasks, 1),
    now,
    concurrency,
  );
  const forecast = withLaterStages(own, later, ofTasks, concurrency);
  return {
    requests: forecast.requests.value,
    promptTokens: forecast.promptTokens.value,
    completionTokens: forecast.completionTokens.value,
    costUsd: forecast.costUsd.value,
    acceptedPerRequest: stage === 'instructions' ? asked * EARLY_YIELD : promptsPerRequest,
    worstCaseRequestUsd: worstCase(stage),
    free: isFree(price),
    outlook: {
      forecast,
      decline: fit.decline,
      secondsPerRequest: now.seconds,
      stages: { promptsPerRequest, now, later, laterWorstCaseUsd: Math.max(0, ...rest.map(worstCase)) },
    },
  };
}

/** A stage and those that come after it. */
function stagesFrom(stage: SelfInstructStage): [SelfInstructStage, ...SelfInstructStage[]] {
  if (stage === 'instructions') return ['instructions', 'classification', 'instances'];
  return stage === 'classification' ? ['classification', 'instances'] : ['instances'];
}

function requestOf(
  { settings: { promptsPerRequest }, price }: EstimateInput,
  { promptTokens, completionTokens }: ExpectedSize,
): ExpectedRequest {
  const tokens = {
    promptTokens: within(promptsPerRequest * promptTokens, PROMPT_TOKENS_FACTOR),
    completionTokens: within(promptsPerRequest * completionTokens, ANSWER_TOKENS_FACTOR),
  };
  return { ...tokens, costUsd: costOf(tokens, price), seconds: secondsFor(completionTokens) };
}
