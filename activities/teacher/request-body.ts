import { responseFormat, type StructuredOutput } from './answer/structured-output.ts';
import type { TeacherProfile } from './profile/profiles.ts';
import { type Habits, habitsOf } from './refused-parameter.ts';

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
  /** how much less likely a token is that the answer has already, from -2 to 2; absent for 0, which is not sent */
  presencePenalty?: number;
}

export interface ChatRequest extends Sampling {
  style: 'chat';
  messages: readonly ChatMessage[];
  /** the form that the answer is held to; absent for free text */
  output?: StructuredOutput;
}

export interface CompletionsRequest extends Sampling {
  style: 'completions';
  prompt: string;
  logitBias: Readonly<Record<string, number>>;
}

/**
 * One asking as the recipe states it, whatever the endpoint calls its parameters: the original request
 * that a ledger key is made of.
 */
export type TeacherRequest = ChatRequest | CompletionsRequest;

/** All that a request has the model read, as one text: what its tokens are estimated by. */
export function promptText(request: TeacherRequest): string {
  if (request.style === 'completions') return request.prompt;
  return request.messages.map(({ content }) => content).join('\n');
}

/** The JSON body of one request, in the endpoint's own names. */
export type RequestBody = Record<string, unknown>;

/** Where a request goes, beneath the profile's base URL: the Batch API wants it said in each line. */
export function endpointOf({ style }: Pick<TeacherRequest, 'style'>): '/chat/completions' | '/completions' {
  return style === 'chat' ? '/chat/completions' : '/completions';
}

/** The body that asks one request, without what its endpoint does not take: as its profile says, or as it has refused. */
export function requestBody(request: TeacherRequest, profile: TeacherProfile): RequestBody {
  const habits = habitsOf(profile);
  return request.style === 'chat' ? chatBody(request, habits) : completionsBody(request, habits);
}

/**
 * The body that asks several prompts at once, as the recipe does: `prompt` is a list, and every other
 * parameter is the first request's.
 */
export function promptListBody(
  requests: readonly CompletionsRequest[],
  profile: TeacherProfile,
): RequestBody {
  const [first] = requests;
  if (!first) throw new RangeError('a list of prompts has at least one');
  return { ...completionsBody(first, habitsOf(profile)), prompt: requests.map(({ prompt }) => prompt) };
}

function chatBody(request: ChatRequest, habits: Habits): RequestBody {
  return {
    ...samplingBody(request, habits),
    [habits.maxTokensParameter]: request.maxTokens,
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    ...(request.output === undefined ? {} : { response_format: responseFormat(request.output) }),
  };
}

function completionsBody(request: CompletionsRequest, habits: Habits): RequestBody {
  return {
    ...samplingBody(request, habits),
    max_tokens: request.maxTokens,
    prompt: request.prompt,
    ...(habits.supportsLogitBias ? { logit_bias: { ...request.logitBias } } : {}),
  };
}

function samplingBody(request: Sampling, habits: Habits): RequestBody {
  return {
    model: request.model,
    ...(habits.supportsSampling ? { temperature: request.temperature } : {}),
    ...(habits.supportsSampling && habits.supportsTopP ? { top_p: request.topP } : {}),
    ...(habits.supportsPresencePenalty && request.presencePenalty !== undefined
      ? { presence_penalty: request.presencePenalty }
      : {}),
    n: 1,
    ...(habits.supportsStop && request.stop.length > 0 ? { stop: [...request.stop] } : {}),
  };
}
