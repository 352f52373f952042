import { log } from '../../log.ts';
import { leastTokens, mostTokens, type TokenUsage } from '../profile/prices.ts';

/** What an endpoint states that one API request used, and what of it can be. */
export interface BelievedUsage {
  usage: TokenUsage;
  /** what the endpoint stated, where that cannot be; null where it can */
  stated: TokenUsage | null;
}

/** What was asked, and what came: texts of one API request. */
export interface Exchange {
  prompts: readonly string[];
  answers: readonly string[];
  /** that all answers together may have */
  maxTokens: number;
}

/**
 * The usage that is booked. An endpoint may state anything: 0 would pass every budget, and 2^53 end every run. So it
 * is believed between what the texts must have cost and what was reserved for them, each the better bound that there
 * is without the model's tokenizer.
 */
export function believedUsage(stated: TokenUsage, { prompts, answers, maxTokens }: Exchange): BelievedUsage {
  const usage = {
    promptTokens: between(stated.promptTokens, sum(prompts, leastTokens), sum(prompts, mostTokens)),
    completionTokens: between(stated.completionTokens, sum(answers, leastTokens), maxTokens),
  };
  const isBelieved =
    usage.promptTokens === stated.promptTokens && usage.completionTokens === stated.completionTokens;
  return { usage, stated: isBelieved ? null : stated };
}

function between(stated: number, least: number, most: number): number {
  return Math.min(Math.max(stated, least), most);
}

function sum(texts: readonly string[], tokensOf: (text: string) => number): number {
  return texts.reduce((total, text) => total + tokensOf(text), 0);
}

/** by profile: how often this process was told what cannot be */
const told = new Map<string, number>();

/** Says so in the log, the first time and then at every power of ten: an endpoint that is wrong is wrong each time. */
export function sayMisstated(profile: string, { usage, stated }: BelievedUsage): void {
  if (stated === null) return;
  const times = (told.get(profile) ?? 0) + 1;
  told.set(profile, times);
  if (Number.isInteger(Math.log10(times)))
    log.warn(
      `The teacher "${profile}" stated a usage that cannot be: what can be is booked in its place. Compare the bill with what its runs say.`,
      { stated, booked: usage, times },
    );
}
