import { z } from 'zod';
import type { Asked } from '../../activities/tokenize/chat/asking.ts';
import { conversationOf } from './conversation.ts';
import { NEUTRAL, NEUTRAL_IN_CHATS, neutral } from './neutral-fields.ts';

/**
 * OpenAI's requests, as far as a model tuned with the recipe can answer them. What would change the answer
 * and is not done here is refused by its path; what changes nothing is let pass (`neutral-fields.ts`).
 */

/** The original demo's decoding: temperature 0.7, top_p 0.9, up to 600 new tokens. */
export const DEFAULT_DECODING = { temperature: 0.7, topP: 0.9, maxNewTokens: 600 } as const;

const MOST_PROMPTS = 16;

/** Tokens; -1 is all that the context has room for, as llama.cpp and LM Studio mean it. */
const tokenLimit = z
  .int()
  .refine((tokens) => tokens >= 1 || tokens === -1, 'expected a number of tokens from 1 on, or -1')
  .nullish();

const sampling = {
  ...NEUTRAL,
  model: z.string(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: tokenLimit,
  temperature: z.number().min(0).max(2).nullish(),
  /** 0: the likeliest token alone */
  top_p: z.number().min(0).max(1).nullish(),
  /** beyond OpenAI's: keep at most so many of the likeliest tokens; 0 and -1 keep all */
  top_k: z.int().min(-1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
};

/** `cache_control` and its like are for whoever would keep the part. */
const textPart = z.strictObject({
  type: z.literal('text'),
  text: z.string(),
  cache_control: z.unknown().optional(),
});
const text = z.union([
  z.string(),
  z.array(textPart).transform((parts) => parts.map((part) => part.text).join('\n')),
]);

/** A turn that the model is shown, and one of which it is shown the text, where it has any. */
const turn = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['system', 'developer', 'user']), content: text }),
  z.looseObject({ role: z.enum(['assistant', 'tool', 'function']), content: z.unknown().optional() }),
]);

export const chatRequest = z
  .strictObject({
    ...sampling,
    ...NEUTRAL_IN_CHATS,
    messages: z.array(turn).min(1),
    max_completion_tokens: tokenLimit,
    /** beyond OpenAI's: the recipe's input, which its other template puts beside the instruction */
    input: z.string().nullish(),
  })
  .superRefine(({ messages, tools, tool_choice: choice }, context) => {
    const hasTools = tools !== undefined && tools !== null && !(Array.isArray(tools) && tools.length === 0);
    if (hasTools && choice !== 'none')
      context.addIssue({
        code: 'custom',
        path: ['tools'],
        message: 'this model calls none; leave them out, or say tool_choice "none"',
      });
    const after = messages.findLastIndex(({ role }) => role === 'user') + 1;
    const told = messages.slice(after).findIndex((behind) => isHidden(behind) && saysSomething(behind));
    if (after > 0 && told >= 0)
      context.addIssue({
        code: 'custom',
        path: ['messages', after + told],
        message:
          'this server answers the last user message, and shows the model nothing that comes behind it',
      });
  });

type Turn = z.infer<typeof turn>;

function isHidden({ role }: Turn): boolean {
  return role === 'assistant' || role === 'tool' || role === 'function';
}

function saysSomething({ content }: Turn): boolean {
  return !(
    content === undefined ||
    content === null ||
    content === '' ||
    (Array.isArray(content) && content.length === 0)
  );
}

export const completionRequest = z.strictObject({
  ...sampling,
  prompt: z.union([z.string(), z.array(z.string()).min(1).max(MOST_PROMPTS)]),
  logprobs: neutral(0),
  suffix: z.literal('').nullish(),
});

/** What both endpoints come down to. */
export interface ModelQuestion {
  kind: 'chat' | 'text';
  model: string;
  /** one answer is owed to each: a conversation, or a text to continue as it stands */
  prompts: readonly Asked[];
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
    prompts: [conversationOf(request.messages.map(shownTurn), request.input ?? '')],
  };
}

export function completionQuestion(request: z.infer<typeof completionRequest>): ModelQuestion {
  return { ...settingsOf(request, request.max_tokens), kind: 'text', prompts: [request.prompt].flat() };
}

function shownTurn({ role, content }: Turn): { role: Turn['role']; text: string } {
  return { role, text: text.safeParse(content).data ?? '' };
}

function settingsOf(
  request: z.infer<typeof chatRequest> | z.infer<typeof completionRequest>,
  maxTokens: number | null | undefined,
): Omit<ModelQuestion, 'kind' | 'prompts'> {
  return {
    model: request.model,
    maxNewTokens: maxTokens === -1 ? Number.MAX_SAFE_INTEGER : (maxTokens ?? DEFAULT_DECODING.maxNewTokens),
    temperature: request.temperature ?? DEFAULT_DECODING.temperature,
    topP: request.top_p ?? DEFAULT_DECODING.topP,
    topK: (request.top_k ?? 0) > 0 ? (request.top_k ?? null) : null,
    seed: request.seed ?? null,
    stop: [request.stop ?? []].flat().filter((sequence) => sequence !== ''),
    stream: request.stream ?? false,
    streamUsage: request.stream_options?.include_usage ?? false,
  };
}
