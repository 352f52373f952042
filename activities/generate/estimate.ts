import type { GenerationEstimate } from '../../workflows/contracts/activities.ts';
import type { RequestSettings } from '../../workflows/contracts/request-settings.ts';
import { costUsd, isFree, likelyTokens, type Price, worstCaseUsd } from '../teacher/prices.ts';
import type { RunPrompts } from './run-prompts.ts';

/**
 * The share of the instructions asked for that is accepted while little resembles them yet: for runs up to
 * `EARLY_ROWS`. An assumption, near the 0.78 that the offline teacher gives.
 */
const EARLY_YIELD = 0.75;
const EARLY_ROWS = 1000;

/**
 * The same over the original's run of 52,002 rows. It cost under $500 at text-davinci-003's $0.02 per 1,000
 * tokens: at some 2,200 tokens a prompt and answer these are at most 11,400 prompts, so at least 4.6 rows
 * of the 17 that each asked for.
 */
const WHOLE_YIELD = 4.6 / 17;
const WHOLE_ROWS = 52_002;

/** Tokens that an instruction with its input, output and headings takes (the recipe's rows: about 90). */
const TOKENS_PER_INSTRUCTION = 90;

/** How many of the run's first prompts are measured. */
const MEASURED_PROMPTS = 50;

export interface EstimateInput {
  settings: Pick<
    RequestSettings,
    'promptsPerRequest' | 'instructionsPerPrompt' | 'seedTasksPerPrompt' | 'maxTokens'
  >;
  prompts: RunPrompts;
  target: number;
  price: Price;
}

/**
 * What reaching the target will likely take, and what one request can cost at the most. Requests, tokens
 * and dollars are a forecast; `worstCaseRequestUsd` is a bound.
 */
export function estimateGeneration(input: EstimateInput): GenerationEstimate {
  const { settings, prompts, target, price } = input;
  const asked = settings.instructionsPerPrompt - settings.seedTasksPerPrompt;
  const askedPerRequest = settings.promptsPerRequest * asked;
  const requests = Math.max(1, Math.ceil(target / (askedPerRequest * expectedYield(target))));
  const count = requests * settings.promptsPerRequest;
  const promptTokens = Math.round(count * meanPromptTokens(prompts, settings.promptsPerRequest, count));
  const completionTokens = count * Math.min(settings.maxTokens, asked * TOKENS_PER_INSTRUCTION);
  return {
    requests,
    // By this a run decides how far to ask ahead before it knows its own yield: too many would be paid in vain.
    acceptedPerRequest: askedPerRequest * EARLY_YIELD,
    promptTokens,
    completionTokens,
    costUsd: costUsd({ promptTokens, completionTokens }, price),
    worstCaseRequestUsd:
      settings.promptsPerRequest * worstCaseUsd(prompts.longest(), settings.maxTokens, price),
    free: isFree(price),
  };
}

/** The mean yield of a run of so many rows: between the two that are known it falls with the logarithm. */
function expectedYield(rows: number): number {
  const way = Math.log(rows / EARLY_ROWS) / Math.log(WHOLE_ROWS / EARLY_ROWS);
  return EARLY_YIELD + (WHOLE_YIELD - EARLY_YIELD) * Math.min(1, Math.max(0, way));
}

function meanPromptTokens(prompts: RunPrompts, promptsPerRequest: number, count: number): number {
  const measured = Math.min(count, MEASURED_PROMPTS);
  let tokens = 0;
  for (let index = 0; index < measured; index += 1)
    tokens += likelyTokens(prompts.text(Math.floor(index / promptsPerRequest), index % promptsPerRequest));
  return tokens / measured;
}
