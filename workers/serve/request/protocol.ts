import { z } from 'zod';
import type { Asked } from '../../../activities/tokenize/chat/asking.ts';
import type { ServedModel } from '../open-model.ts';
import { conversationOf } from './conversation.ts';
import { NEUTRAL, NEUTRAL_IN_CHATS } from './neutral-fields.ts';

/**
 * OpenAI's requests, as far as a model tuned with the recipe can answer them. What would change the answer
 * and is not done here is refused by its path; what changes nothing is let pass (`neutral-fields.ts`).
 */

/** The original demo's decoding: temperature 0.7, top_p 0.9, up to 600 new tokens. */
export const DEFAULT_DECODING = { temperature: 0.7, topP: 0.9, maxNewTokens: 600 } as const;

const MOST_PROMPTS = 16;
const MOST_ANSWERS = 4;
/** The likeliest tokens that are told beside each one of an answer. */
const MOST_ALTERNATIVES = 20;

const penalty = z.number().min(-2).max(2).nullish();
const alternatives = z.int().min(0).max(MOST_ALTERNATIVES).nullish();

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
  /** answers to each prompt */
  n: z.int().min(1).max(MOST_ANSWERS).nullish(),
  presence_penalty: penalty,
  frequency_penalty: penalty,
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
  z.looseObject({ role: z.enum(['system', 'developer']), content: text }),
  /** beyond OpenAI's: the recipe's input */
  z.looseObject({ role: z.literal('user'), content: text, input: z.string().nullish() }),
  z.looseObject({ role: z.enum(['assistant', 'tool', 'function']), content: z.unknown().optional() }),
]);

export const chatRequest = z
  .strictObject({
    ...sampling,
    ...NEUTRAL_IN_CHATS,
    messages: z.array(turn).min(1),
    max_completion_tokens: tokenLimit,
    /** the same of the last question */
    input: z.string().nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: alternatives,
    /** what becomes of a conversation that is longer than the context, in the words of OpenAI's Responses API */
    truncation: z.enum(['auto', 'disabled']).nullish(),
  })
  .superRefine(({ messages, tools, tool_choice: choice, logprobs, top_logprobs: top }, context) => {
    if (top && !logprobs)
      context.addIssue({ code: 'custom', path: ['top_logprobs'], message: 'it needs logprobs: true' });
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
  /** how many of the likeliest tokens are told beside each; 0: of each token its own alone */
  logprobs: alternatives,
  suffix: z.literal('').nullish(),
});

/** What both endpoints come down to. */
export interface ModelQuestion {
  kind: 'chat' | 'text';
  model: string;
  /** one answer is owed to each: a conversation, or a text to continue as it stands */
  prompts: readonly Asked[];
  /** answers to each prompt */
  answersEach: number;
  maxNewTokens: number;
  decoding: Pick<
    Required<Parameters<ServedModel['stream']>[1]>,
    'temperature' | 'topP' | 'topK' | 'presencePenalty' | 'frequencyPenalty' | 'topLogprobs'
  >;
  /** null: another answer each time */
  seed: number | null;
  stop: readonly string[];
  /** a conversation that is longer than the context loses its earliest turns; else it is refused */
  truncates: boolean;
  stream: boolean;
  streamUsage: boolean;
}

export function chatQuestion(request: z.infer<typeof chatRequest>): ModelQuestion {
  const topLogprobs = request.logprobs ? (request.top_logprobs ?? 0) : null;
  return {
    ...settingsOf(request, request.max_completion_tokens ?? request.max_tokens, topLogprobs),
    kind: 'chat',
    truncates: request.truncation === 'auto',
    prompts: [conversationOf(request.messages.map(shownTurn), request.input ?? '')],
  };
}

export function completionQuestion(request: z.infer<typeof completionRequest>): ModelQuestion {
  return {
    ...settingsOf(request, request.max_tokens, request.logprobs ?? null),
    kind: 'text',
    truncates: false,
    prompts: [request.prompt].flat(),
  };
}

function shownTurn(shown: Turn): { role: Turn['role']; text: string; input?: string } {
  const { role, content } = shown;
  return {
    ...{ role, text: text.safeParse(content).data ?? '' },
    ...(shown.role === 'user' && { input: shown.input ?? '' }),
  };
}

function settingsOf(
  request: z.infer<typeof chatRequest> | z.infer<typeof completionRequest>,
  maxTokens: number | null | undefined,
  topLogprobs: number | null,
): Omit<ModelQuestion, 'kind' | 'prompts' | 'truncates'> {
  return {
    model: request.model,
    maxNewTokens: maxTokens === -1 ? Number.MAX_SAFE_INTEGER : (maxTokens ?? DEFAULT_DECODING.maxNewTokens),
    answersEach: request.n ?? 1,
    decoding: {
      temperature: request.temperature ?? DEFAULT_DECODING.temperature,
      topP: request.top_p ?? DEFAULT_DECODING.topP,
      topK: (request.top_k ?? 0) > 0 ? (request.top_k ?? null) : null,
      presencePenalty: request.presence_penalty ?? 0,
      frequencyPenalty: request.frequency_penalty ?? 0,
      topLogprobs,
    },
    seed: request.seed ?? null,
    stop: [request.stop ?? []].flat().filter((sequence) => sequence !== ''),
    stream: request.stream ?? false,
    streamUsage: request.stream_options?.include_usage ?? false,
  };
}
