import { log } from '../../log.ts';
import { leastTokens, mostTokens, type TokenUsage } from '../profile/prices.ts';
import { namedUsage, type StatedCounts, statedCounts } from './stated-counts.ts';

/** What an endpoint states that one API request used, and what is booked of it. */
export interface BelievedUsage {
  usage: TokenUsage;
  /** what the endpoint stated, as JSON, where it contradicts itself or is not what is booked; null where it is */
  stated: string | null;
}

/** What was asked, and what came: texts of one API request. */
export interface Exchange {
  prompts: readonly string[];
  answers: readonly string[];
  /** that all answers together may have */
  maxTokens: number;
}

/**
 * More tokens than any model of today answers a prompt with, its thinking among them: OpenAI's and Anthropic's largest
 * state 128,000 at the most, Gemini's 65,536. Providers may bill so much beside `max_tokens`, which then is of the text
 * alone; no bill has more.
 */
const LARGEST_ANSWER = 131_072;

/** Tokens that an endpoint may put before a prompt: instructions of its own, the form of an answer. */
const LARGEST_PREAMBLE = 4096;

/** Of what an endpoint states, as it is written down. */
const LONGEST_STATEMENT = 300;

/**
 * The usage that is booked: of what an endpoint states, which is evidence and no more, the worst that can be. Thinking
 * stands in `completion_tokens` with most providers; with xAI and Gemini beside it, and is then seen in the total, or
 * where it is more than what it would be a part of. Nothing is less than the texts must have taken. A count that is
 * none, or more than can be, counts as what was reserved: the token limit, and a token for each byte of the prompts.
 *
 * @param stated the `usage` of an answer, whatever it is
 * @returns null where it states nothing
 */
export function believedUsage(
  stated: unknown,
  { prompts, answers, maxTokens }: Exchange,
): BelievedUsage | null {
  const named = namedUsage(stated);
  if (named === null) return null;
  const said = statedCounts(stated);
  const { prompt, completion, total } = said;
  const mostPrompt = sum(prompts, mostTokens);
  const promptTokens = worst(
    [prompt, sum(prompts, leastTokens)],
    mostPrompt + LARGEST_PREAMBLE * prompts.length,
    mostPrompt,
  );
  const thinking = said.thinking ?? 0;
  const beside = completion !== null && thinking > completion ? completion + thinking : 0;
  const rest = total === null ? 0 : Math.max(0, total - (prompt ?? mostPrompt));
  const completionTokens = worst(
    [completion, rest, beside, sum(answers, leastTokens)],
    Math.max(maxTokens, LARGEST_ANSWER * prompts.length),
    maxTokens,
  );
  const isBelieved =
    promptTokens === prompt &&
    completionTokens === completion &&
    ((named.total_tokens ?? null) === null || total === prompt + completion);
  return {
    usage: { promptTokens, completionTokens, ...pricedApart(said, { promptTokens, completionTokens }) },
    stated: isBelieved ? null : JSON.stringify(stated).slice(0, LONGEST_STATEMENT).toWellFormed(),
  };
}

/** The largest of several readings; one that is none, or above `bound`, counts as `reserved`. */
function worst(readings: readonly (number | null)[], bound: number, reserved: number): number {
  return Math.max(...readings.map((tokens) => (tokens === null || tokens > bound ? reserved : tokens)));
}

/** Tokens that a price list may have prices of their own for, where they can be a part of the others. */
function pricedApart(
  said: StatedCounts,
  { promptTokens, completionTokens }: TokenUsage,
): Partial<TokenUsage> {
  // More than there were cannot be a part of them, and is no reason to book them for less.
  const within = (tokens: number | null, whole: number) => ((tokens ?? 0) > whole ? 0 : (tokens ?? 0));
  const cachedTokens = within(said.cached, promptTokens);
  const audioPromptTokens = within(said.audioPrompt, promptTokens - cachedTokens);
  const audioCompletionTokens = within(said.audioCompletion, completionTokens);
  return {
    ...(cachedTokens > 0 ? { cachedTokens } : {}),
    ...(audioPromptTokens > 0 ? { audioPromptTokens } : {}),
    ...(audioCompletionTokens > 0 ? { audioCompletionTokens } : {}),
  };
}

function sum(texts: readonly string[], tokensOf: (text: string) => number): number {
  return texts.reduce((total, text) => total + tokensOf(text), 0);
}

/** by profile: how often this process was told what is not booked as it is stated */
const told = new Map<string, number>();

/** Says so in the log, the first time and then at every power of ten: an endpoint that is wrong is wrong each time. */
export function sayMisstated(profile: string, { usage, stated }: BelievedUsage): void {
  if (stated === null) return;
  const times = (told.get(profile) ?? 0) + 1;
  told.set(profile, times);
  if (Number.isInteger(Math.log10(times)))
    log.warn(
      `The teacher "${profile}" stated a usage that cannot be, or that contradicts itself: the worst that can be is booked in its place. Compare the bill with what its runs say.`,
      { stated, booked: usage, times },
    );
}
