import type {
  EstimateGenerationInput,
  GenerationEstimate,
} from '../../workflows/contracts/generate-activities.ts';
import type { Estimated } from '../../workflows/contracts/progress.ts';
import { within } from '../../workflows/decisions/forecast/forecasting.ts';
import { costUsd, type Price } from '../teacher/profile/prices.ts';
import type { RecordedYield } from './accept/recorded-yield.ts';
import type { RunPrompts } from './prompt/run-prompts.ts';

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
export const TOKENS_PER_INSTRUCTION = 90;
export const ANSWER_TOKENS_FACTOR = 2;

/** Prompts are measured, but by characters and not by the model's own tokenizer. */
export const PROMPT_TOKENS_FACTOR = 1.2;

/** Tokens a second of one answer, on servers from slow to fast. */
const TOKENS_PER_SECOND = 60;
const SPEED_FACTOR = 4;

export interface EstimateInput {
  settings: Pick<
    EstimateGenerationInput['settings'],
    'promptsPerRequest' | 'instructionsPerPrompt' | 'seedTasksPerPrompt' | 'maxTokens' | 'stage'
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

/** A request's prompts are answered side by side: it takes as long as one answer. */
export function secondsFor(answerTokens: number): Estimated {
  return within(answerTokens / TOKENS_PER_SECOND, SPEED_FACTOR);
}

export function costOf(
  each: { promptTokens: Estimated; completionTokens: Estimated },
  price: Price,
): Estimated {
  const at = (bound: keyof Estimated) =>
    costUsd(
      { promptTokens: each.promptTokens[bound], completionTokens: each.completionTokens[bound] },
      price,
    );
  return { value: at('value'), low: at('low'), high: at('high') };
}
