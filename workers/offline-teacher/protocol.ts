import { z } from 'zod';
import type { Usage } from '../openai-answers.ts';
import {
  DIMENSIONS,
  EMBEDDING_MODEL,
  type EmbeddingForm,
  type EmbeddingRequest,
  writeEmbedding,
} from './embeddings.ts';
import type { Completion } from './tasks/completion.ts';

/** The shapes of OpenAI's API, as far as a teacher needs them. Unknown fields are taken and ignored. */

export const MODEL = 'offline-composer';
/** In every answer, where OpenAI puts the version of its back end. */
export const FINGERPRINT = 'offline-composer-is-no-language-model';

const sampling = {
  model: z.string(),
  n: z.int().min(1).max(16).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  max_tokens: z.int().min(1).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
};

const message = z.looseObject({
  role: z.string(),
  content: z
    .union([z.string(), z.array(z.looseObject({ type: z.literal('text'), text: z.string() }))])
    .nullish(),
});

export const chatRequest = z.looseObject({
  ...sampling,
  max_completion_tokens: z.int().min(1).nullish(),
  messages: z.array(message).min(1),
});

export const completionRequest = z.looseObject({
  ...sampling,
  prompt: z.union([z.string(), z.array(z.string()).min(1).max(256)]),
});

/** What can be asked where. */
export const requestSchemas = { '/v1/chat/completions': chatRequest, '/v1/completions': completionRequest };

type ChatBody = z.infer<typeof chatRequest>;
type CompletionBody = z.infer<typeof completionRequest>;

/** The chat's messages as one text. */
function promptOf({ messages }: ChatBody): string {
  return messages
    .map(({ content }) =>
      typeof content === 'string' ? content : (content ?? []).map(({ text }) => text).join('\n'),
    )
    .join('\n\n');
}

/** What all endpoints come down to. */
export interface TeacherQuestion {
  kind: 'chat' | 'text' | 'embedding';
  /** `n` answers are owed to each */
  prompts: readonly string[];
  n: number;
  stop: readonly string[];
  /** null where the request sets none */
  maxTokens: number | null;
  stream: boolean;
  streamUsage: boolean;
  /** null where completions are asked for */
  embedding: EmbeddingForm | null;
}

export function questionOf(request: ChatBody | CompletionBody): TeacherQuestion {
  const chat = isChat(request);
  return {
    kind: chat ? 'chat' : 'text',
    prompts: chat ? [promptOf(request)] : [request.prompt].flat(),
    n: request.n ?? 1,
    stop: [request.stop ?? []].flat(),
    maxTokens:
      (chat ? (request.max_completion_tokens ?? request.max_tokens) : (request.max_tokens ?? 16)) ?? null,
    stream: request.stream ?? false,
    streamUsage: request.stream_options?.include_usage ?? false,
    embedding: null,
  };
}

export function questionOfEmbedding(request: EmbeddingRequest): TeacherQuestion {
  return {
    kind: 'embedding',
    prompts: [request.input].flat(),
    n: 1,
    stop: [],
    maxTokens: 0,
    stream: false,
    streamUsage: false,
    embedding: {
      dimensions: request.dimensions ?? DIMENSIONS,
      base64: request.encoding_format === 'base64',
    },
  };
}

function isChat(request: ChatBody | CompletionBody): request is ChatBody {
  return 'messages' in request;
}

/** What a request is answered with, before it is written down for its endpoint. */
export interface Answer {
  kind: TeacherQuestion['kind'];
  id: string;
  /** seconds since 1970 */
  created: number;
  /** one for each choice; none for embeddings */
  completions: readonly Completion[];
  /** the texts that were embedded */
  embedded: readonly string[];
  embedding: EmbeddingForm | null;
  usage: Usage;
}

/** A whole answer, not streamed. */
export function answerBody(answer: Answer): Record<string, unknown> {
  if (answer.embedding !== null) return embeddingBody(answer, answer.embedding);
  const chat = answer.kind === 'chat';
  return {
    ...envelope(answer, chat ? 'chat.completion' : 'text_completion'),
    choices: answer.completions.map(({ text, finishReason }, index) => ({
      index,
      ...(chat ? { message: { role: 'assistant', content: text, refusal: null } } : { text }),
      logprobs: null,
      finish_reason: finishReason,
    })),
    usage: answer.usage,
  };
}

function embeddingBody(
  { embedded, usage: { prompt_tokens, total_tokens } }: Answer,
  form: EmbeddingForm,
): Record<string, unknown> {
  return {
    object: 'list',
    data: embedded.map((text, index) => ({
      ...{ object: 'embedding', index, embedding: writeEmbedding(text, form) },
    })),
    model: EMBEDDING_MODEL,
    system_fingerprint: FINGERPRINT,
    usage: { prompt_tokens, total_tokens },
  };
}

/** One event of a stream: a piece of one choice's text, or (with `finishReason`) its end. */
export function streamedPiece(
  answer: Answer,
  index: number,
  text: string,
  finishReason: Completion['finishReason'] | null,
): Record<string, unknown> {
  const delta = finishReason === null ? { role: 'assistant', content: text } : {};
  const content = answer.kind === 'chat' ? { delta } : { text };
  return {
    ...streamEnvelope(answer),
    choices: [{ index, ...content, logprobs: null, finish_reason: finishReason }],
  };
}

/** The event without choices that ends a stream with `stream_options.include_usage`. */
export function streamedUsage(answer: Answer): Record<string, unknown> {
  return { ...streamEnvelope(answer), choices: [], usage: answer.usage };
}

function streamEnvelope(answer: Answer): Record<string, unknown> {
  return envelope(answer, answer.kind === 'chat' ? 'chat.completion.chunk' : 'text_completion');
}

function envelope({ id, created }: Answer, object: string): Record<string, unknown> {
  return { id, object, created, model: MODEL, system_fingerprint: FINGERPRINT };
}
