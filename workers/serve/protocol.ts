import { z } from 'zod';
import type { PromptFields } from '../../activities/tokenize/templates.ts';

/**
 * OpenAI's requests, as far as a model tuned with the recipe can answer them. What would change the answer
 * and is not done here is refused by name; fields that only describe the request are let pass.
 */

/** The original demo's decoding: temperature 0.7, top_p 0.9, up to 600 new tokens. */
export const DEFAULT_DECODING = { temperature: 0.7, topP: 0.9, maxNewTokens: 600 } as const;

const MOST_PROMPTS = 16;

/** Taken where it says nothing: null, absent, or the value that changes nothing. */
const neutral = (value: number | boolean) => z.literal(value).nullish();

const sampling = {
  model: z.string(),
  n: neutral(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: z.int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  /** beyond OpenAI's: keep at most so many of the likeliest tokens */
  top_k: z.int().min(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(4)]).nullish(),
  presence_penalty: neutral(0),
  frequency_penalty: neutral(0),
  logit_bias: z.record(z.string(), z.never()).nullish(),
  user: z.string().nullish(),
};

const text = z.union([
  z.string(),
  z
    .array(z.strictObject({ type: z.literal('text'), text: z.string() }))
    .transform((parts) => parts.map((part) => part.text).join('\n')),
]);

export const chatRequest = z.strictObject({
  ...sampling,
  messages: z
    .array(z.looseObject({ role: z.enum(['system', 'developer', 'user', 'assistant']), content: text }))
    .min(1),
  max_completion_tokens: z.int().min(1).nullish(),
  logprobs: neutral(false),
  response_format: z.strictObject({ type: z.literal('text') }).nullish(),
  /** beyond OpenAI's: the recipe's input, which its other template puts beside the instruction */
  input: z.string().nullish(),
  store: neutral(false),
  metadata: z.record(z.string(), z.string()).nullish(),
});

export const completionRequest = z.strictObject({
  ...sampling,
  prompt: z.union([z.string(), z.array(z.string()).min(1).max(MOST_PROMPTS)]),
  echo: neutral(false),
  best_of: neutral(1),
  logprobs: neutral(0),
  suffix: z.literal('').nullish(),
});

/** What both endpoints come down to. */
export interface ModelQuestion {
  kind: 'chat' | 'text';
  model: string;
  /** one answer is owed to each: a row for the recipe's template, or a text to continue as it stands */
  prompts: readonly (PromptFields | string)[];
  maxNewTokens: number;
  temperature: number;
  topP: number;
  topK: number | null;
  /** null: another answer each time */
  seed: number | null;
  stop: readonly string[];
  stream: boolean;
  streamUsage: boolean;
}

export function chatQuestion(request: z.infer<typeof chatRequest>): ModelQuestion {
  return {
    ...settingsOf(request, request.max_completion_tokens ?? request.max_tokens),
    kind: 'chat',
    prompts: [rowOf(request)],
  };
}

export function completionQuestion(request: z.infer<typeof completionRequest>): ModelQuestion {
  return { ...settingsOf(request, request.max_tokens), kind: 'text', prompts: [request.prompt].flat() };
}

/**
 * The recipe teaches single instructions. So the last user message is the instruction, and system messages
 * stand before it; earlier turns are not shown to a model that never saw a second turn.
 */
function rowOf({ messages, input }: z.infer<typeof chatRequest>): PromptFields {
  const system = messages.filter(({ role }) => role === 'system' || role === 'developer');
  const asked = messages.findLast(({ role }) => role === 'user');
  const instruction = [...system, ...(asked ? [asked] : [])].map(({ content }) => content).join('\n\n');
  return { instruction, input: input ?? '' };
}

function settingsOf(
  request: z.infer<typeof chatRequest> | z.infer<typeof completionRequest>,
  maxTokens: number | null | undefined,
): Omit<ModelQuestion, 'kind' | 'prompts'> {
  return {
    model: request.model,
    maxNewTokens: maxTokens ?? DEFAULT_DECODING.maxNewTokens,
    temperature: request.temperature ?? DEFAULT_DECODING.temperature,
    topP: request.top_p ?? DEFAULT_DECODING.topP,
    topK: request.top_k ?? null,
    seed: request.seed ?? null,
    stop: [request.stop ?? []].flat(),
    stream: request.stream ?? false,
    streamUsage: request.stream_options?.include_usage ?? false,
  };
}
