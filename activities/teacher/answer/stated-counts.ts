import { z } from 'zod';

/** What an endpoint states of one API request, by whatever name: null where it states no count, or one that is none. */
export interface StatedCounts {
  prompt: number | null;
  completion: number | null;
  total: number | null;
  /** a part of the completion with most, beside it with some */
  thinking: number | null;
  cached: number | null;
  audioPrompt: number | null;
  audioCompletion: number | null;
}

/** A count that is none (negative, no whole number, a text) is null; so is one that is missing, which says nothing. */
const count = z.int().min(0).nullable().catch(null);
const details = z
  .object({ cached_tokens: count, audio_tokens: count, reasoning_tokens: count })
  .nullable()
  .catch(null);
const counts = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  reasoning_tokens: count,
  prompt_tokens_details: details,
  completion_tokens_details: details,
});

/** Of OpenAI's Responses and of Anthropic, whose usage some gateways pass on. */
const OTHER_NAMES = {
  prompt_tokens: 'input_tokens',
  completion_tokens: 'output_tokens',
  prompt_tokens_details: 'input_tokens_details',
  completion_tokens_details: 'output_tokens_details',
} as const;

/** A usage under the names of OpenAI's chat completions; null where it states no tokens. */
export function namedUsage(stated: unknown): Readonly<Record<string, unknown>> | null {
  const found = z.record(z.string(), z.unknown()).safeParse(stated).data;
  if (found === undefined) return null;
  const named = { ...found };
  for (const [name, other] of Object.entries(OTHER_NAMES)) named[name] ??= found[other];
  const isStated = (name: string) => (named[name] ?? null) !== null;
  return ['prompt_tokens', 'completion_tokens', 'total_tokens'].some(isStated) ? named : null;
}

/** The counts that a usage has. */
export function statedCounts(usage: unknown): StatedCounts {
  const said = counts.parse(namedUsage(usage) ?? {});
  const { prompt_tokens_details: prompt, completion_tokens_details: completion } = said;
  return {
    prompt: said.prompt_tokens,
    completion: said.completion_tokens,
    total: said.total_tokens,
    thinking: completion?.reasoning_tokens ?? said.reasoning_tokens,
    cached: prompt?.cached_tokens ?? null,
    audioPrompt: prompt?.audio_tokens ?? null,
    audioCompletion: completion?.audio_tokens ?? null,
  };
}
