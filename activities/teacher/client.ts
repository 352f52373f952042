import OpenAI from 'openai';
import { z } from 'zod';
import { AlpacaError } from '../errors.ts';
import { malformed, TeacherFailure, teacherFailure } from './failures.ts';
import type { TokenUsage } from './prices.ts';
import type { TeacherProfile } from './profiles.ts';
import { createSlots, type Slots } from './slots.ts';

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

interface Sampling {
  model: string;
  temperature: number;
  topP: number;
  maxTokens: number;
  stop: readonly string[];
}

/**
 * One asking as the recipe states it, whatever the endpoint calls its parameters: the original request
 * that a ledger key is made of.
 */
export type TeacherRequest =
  | (Sampling & { style: 'chat'; messages: readonly ChatMessage[] })
  | (Sampling & { style: 'completions'; prompt: string; logitBias: Readonly<Record<string, number>> });

export interface TeacherAnswer {
  text: string;
  /** why the teacher would not answer; null where it did. There is then no text */
  refusal: string | null;
  /** `stop`, `length`, `content_filter` or what else the endpoint says */
  finishReason: string;
  /** null where the endpoint states none */
  usage: TokenUsage | null;
  /** the model that the endpoint says it answered with */
  model: string;
  /** what the answer was really limited to: less than asked for where the context was too short */
  maxTokens: number;
}

export interface TeacherClient {
  readonly profile: TeacherProfile;
  /** bounds what this process has in flight; null where the profile does not */
  readonly slots: Slots | null;
  /**
   * Sends one request, without retries of its own except for context length: there the token limit is
   * lowered by a fifth and the request sent again, as the recipe does.
   *
   * @throws TeacherFailure, or the abort of `signal`
   */
  ask(request: TeacherRequest, options: AskOptions): Promise<TeacherAnswer>;
}

export interface AskOptions {
  signal: AbortSignal;
  /** equal for equal askings: sent where the profile names a header for it */
  idempotencyKey?: string;
}

/** Below this no answer is worth having: the prompt itself is too long. */
const FEWEST_TOKENS = 16;

/**
 * A client of one profile on the official `openai` package. Its own retries are off: Temporal's (or the
 * command line's) are the only ones.
 *
 * @throws AlpacaError Configuration where the key's variable is not set
 */
export function createTeacherClient(profile: TeacherProfile, env: NodeJS.ProcessEnv): TeacherClient {
  const { openai, apiKey } = connect(profile, env);
  return {
    profile,
    slots: profile.concurrency === null ? null : createSlots(profile.concurrency),
    async ask(request, options) {
      let { maxTokens } = request;
      for (;;) {
        try {
          return await send(openai, profile, { ...request, maxTokens }, options);
        } catch (error) {
          const failure = teacherFailure(error, profile, apiKey);
          const shorter = Math.floor(maxTokens * 0.8);
          const tooLong = failure instanceof TeacherFailure && failure.code === 'ContextLength';
          if (!tooLong || shorter < FEWEST_TOKENS) throw failure;
          maxTokens = shorter;
        }
      }
    },
  };
}

/**
 * The `openai` client of a profile's endpoint, and the key that it sends. Its own retries are off.
 *
 * @throws AlpacaError Configuration where the key's variable is not set
 */
export function connect(
  profile: TeacherProfile,
  env: NodeJS.ProcessEnv,
): { openai: OpenAI; apiKey: string | null } {
  const apiKey = readKey(profile, env);
  const openai = new OpenAI({
    baseURL: profile.baseUrl,
    apiKey: apiKey ?? 'none',
    // The package would take these from OPENAI_* variables, which may belong to another provider.
    adminAPIKey: null,
    ...(profile.apiKeyVariable === 'OPENAI_API_KEY' ? {} : { organization: null, project: null }),
    ...(apiKey === null ? { defaultHeaders: { Authorization: null } } : {}),
    maxRetries: 0,
    timeout: profile.timeoutMs,
    logLevel: 'off',
  });
  return { openai, apiKey };
}

function readKey(profile: TeacherProfile, env: NodeJS.ProcessEnv): string | null {
  if (profile.apiKeyVariable === null) return null;
  const key = env[profile.apiKeyVariable]?.trim();
  if (key) return key;
  throw new AlpacaError(
    'Configuration',
    `The teacher profile "${profile.name}" needs a key, and ${profile.apiKeyVariable} is not set.`,
    { remedy: `Set ${profile.apiKeyVariable} in the worker's environment.` },
  );
}

async function send(
  openai: OpenAI,
  profile: TeacherProfile,
  request: TeacherRequest,
  options: AskOptions,
): Promise<TeacherAnswer> {
  const { idempotencyHeader } = profile;
  const call = {
    signal: options.signal,
    ...(idempotencyHeader !== null && options.idempotencyKey !== undefined
      ? { headers: { [idempotencyHeader]: options.idempotencyKey } }
      : {}),
  };
  const stop = profile.supportsStop && request.stop.length > 0 ? { stop: [...request.stop] } : {};
  const sampling = {
    model: request.model,
    temperature: request.temperature,
    top_p: request.topP,
    n: 1,
    ...stop,
  };
  if (request.style === 'chat') {
    const limit = { [profile.maxTokensParameter]: request.maxTokens };
    const messages = request.messages.map(({ role, content }) => ({ role, content }));
    const answer = await openai.chat.completions.create({ ...sampling, ...limit, messages }, call);
    return readChatAnswer(answer, profile, request);
  }
  const answer = await openai.completions.create(
    {
      ...sampling,
      prompt: request.prompt,
      max_tokens: request.maxTokens,
      logit_bias: { ...request.logitBias },
    },
    call,
  );
  return readCompletion(answer, profile, request);
}

const commonFields = z.object({
  model: z.string().optional(),
  usage: z
    .object({ prompt_tokens: z.int().min(0), completion_tokens: z.int().min(0) })
    .nullish()
    .catch(null),
});
const chatAnswer = commonFields.extend({
  choices: z.array(
    z.object({
      finish_reason: z.string().nullish(),
      message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
    }),
  ),
});
const completion = commonFields.extend({
  choices: z.array(z.object({ finish_reason: z.string().nullish(), text: z.string() })),
});

function readChatAnswer(json: unknown, profile: TeacherProfile, request: TeacherRequest): TeacherAnswer {
  const checked = chatAnswer.safeParse(json);
  if (!checked.success) throw malformed(profile, 'its answer has not the form of a chat completion');
  const [choice] = checked.data.choices;
  if (!choice) throw malformed(profile, 'its answer has no choices');
  const { content, refusal } = choice.message;
  return answerOf(checked.data, content ?? '', refusal || null, choice.finish_reason, request);
}

function readCompletion(json: unknown, profile: TeacherProfile, request: TeacherRequest): TeacherAnswer {
  const checked = completion.safeParse(json);
  if (!checked.success) throw malformed(profile, 'its answer has not the form of a completion');
  const [choice] = checked.data.choices;
  if (!choice) throw malformed(profile, 'its answer has no choices');
  return answerOf(checked.data, choice.text, null, choice.finish_reason, request);
}

function answerOf(
  { usage, model }: z.infer<typeof commonFields>,
  text: string,
  refusal: string | null,
  finishReason: string | null | undefined,
  request: TeacherRequest,
): TeacherAnswer {
  const heldBack = text === '' && finishReason === 'content_filter';
  return {
    text: refusal === null ? text : '',
    refusal: refusal ?? (heldBack ? 'the endpoint’s content filter held the whole answer back' : null),
    finishReason: finishReason ?? 'stop',
    usage: usage ? { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens } : null,
    model: model ?? request.model,
    maxTokens: request.maxTokens,
  };
}
