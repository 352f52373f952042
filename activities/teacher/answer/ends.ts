import { statedCounts } from './stated-counts.ts';

/**
 * How answers end. Every server has its own words; those of an end that the model chose are known and few, and any
 * other means that something else ended it: the token limit, a filter, a failing server.
 */

/** In capitals or not: OpenAI and nearly all, Together, TGI, Anthropic, Cohere. */
const CHOSEN_BY_THE_MODEL: ReadonlySet<string> = new Set([
  'stop',
  'eos',
  'eos_token',
  'end_turn',
  'stop_sequence',
  'complete',
]);

/** True of an answer that is whole; false of one that was cut, and of an end that is not known. */
export function isWholeEnd(finishReason: string): boolean {
  return CHOSEN_BY_THE_MODEL.has(finishReason.toLowerCase());
}

const LENGTH = /length|max_?tokens|context|limit/i;

/** The token limit, or a full context, ended the answer. */
export function isForLackOfTokens(finishReason: string): boolean {
  return LENGTH.test(finishReason) && !isBrokenOff(finishReason);
}

/** OpenAI, Azure and most, Anthropic, Zhipu, Gemini, Bedrock. */
const FILTER = /^(content[_-]filter|refusal|sensitive|safety|recitation|prohibited_content|guardrail)/i;

/** A filter ended the answer, or held it back. */
export function isFiltered(finishReason: string): boolean {
  return FILTER.test(finishReason);
}

/** SGLang and vLLM, DeepSeek, Zhipu, OpenRouter and Mistral, watsonx. */
const BROKEN = /^(abort|insufficient_system_resource|network_error|error|cancel|time_?limit|timeout)/i;

/** The server broke the answer off: asked again, it may answer. */
export function isBrokenOff(finishReason: string): boolean {
  return BROKEN.test(finishReason);
}

/**
 * Whether an answer has as many tokens as it might have, by the usage that its endpoint states: some servers say
 * "stop" of those too. At others the limit holds for the text alone, and thinking is counted beside it.
 */
export function isAtLimit(usage: unknown, maxTokens: number): boolean {
  const { prompt, completion, total, thinking } = statedCounts(usage);
  const tokens = completion ?? (total === null || prompt === null ? null : total - prompt);
  return tokens !== null && (tokens === maxTokens || tokens - (thinking ?? 0) >= maxTokens);
}
