import type { APIError } from 'openai/core/error';
import { refusedParameter } from '../refused-parameter.ts';

/**
 * What an endpoint says where prompt and answer do not fit: in tokens, each null where it does not say.
 * `isDoubtful`: it may mean something else.
 */
export interface Shortage {
  /** of prompt and answer together, at the most */
  context: number | null;
  /** of the prompt */
  prompt: number | null;
  /** of the prompt and the token limit together, as it was asked */
  asked: number | null;
  /** of the answer alone, at the most */
  answer: number | null;
  isDoubtful: boolean;
}

/** Below this no answer is worth having: the prompt itself is too long. */
const FEWEST_TOKENS = 16;

/**
 * What the refusal of a request says of its length; null where it is about something else. Recognized by the codes and
 * the words of OpenAI, Azure, OpenRouter, Mistral, Gemini, Groq, DeepSeek, vLLM, SGLang, TGI, llama.cpp and LM Studio
 * (test/unit/activities/teacher/endpoints.test.ts plays each).
 */
export function readShortage(error: APIError): Shortage | null {
  const status = error.status ?? 0;
  const text = `${error.code ?? ''} ${error.type ?? ''} ${error.message}`
    .toLowerCase()
    .replace(/[`'"’]/g, '')
    .replace(/(\d),(?=\d{3})/g, '$1');
  if (status === 429 && !TOO_LARGE.test(text)) return null;
  // A server that fails speaks of tokens for other reasons too.
  if (status >= 500 && !OF_A_CONTEXT.test(text)) return null;
  const beyond = figure(text, BEYOND_ANSWER);
  const answer = beyond === null ? figure(text, ANSWER) : beyond - 1;
  const isCertain = TOO_LONG.test(text) || answer !== null;
  const isPossible = ABOUT_THE_REQUEST.has(status) && PERHAPS.test(text) && refusedParameter(error) === null;
  if (!isCertain && !isPossible) return null;
  return {
    context: fieldOf(error, 'n_ctx') ?? figure(text, CONTEXT),
    prompt: fieldOf(error, 'n_prompt_tokens') ?? figure(text, PROMPT),
    asked: figure(text, ASKED),
    answer,
    isDoubtful: !isCertain,
  };
}

/**
 * The token limit to ask with after a refusal: what has room by its figures; a fifth less where it has none or they are
 * wrong, as the recipe does; where in doubt half of it, once.
 *
 * @param maxTokens the limit that was refused
 * @param original the limit that the request was first sent with
 * @returns null where too little is left for an answer
 */
export function nextLimit(shortage: Shortage | null, maxTokens: number, original: number): number | null {
  if (shortage === null) return null;
  const isFirst = maxTokens === original;
  if (shortage.isDoubtful) return isFirst ? enough(Math.floor(maxTokens / 2)) : null;
  const shorter = Math.floor(maxTokens * 0.8);
  const room = roomIn(shortage, maxTokens);
  if (room === null || room >= maxTokens) return enough(shorter);
  return enough(isFirst ? room : Math.min(room, shorter));
}

/** True where no token limit helps, by the figures of the refusal. */
export function isPromptTooLong({ context, prompt }: Shortage): boolean {
  return context !== null && prompt !== null && context - prompt < FEWEST_TOKENS;
}

function roomIn({ context, prompt, asked, answer }: Shortage, maxTokens: number): number | null {
  if (context !== null && prompt !== null) return context - prompt;
  if (context !== null && asked !== null) return maxTokens - (asked - context);
  return answer;
}

function enough(tokens: number): number | null {
  return tokens < FEWEST_TOKENS ? null : tokens;
}

const TOO_LARGE = /request too large/;
const OF_A_CONTEXT = /context[ _](?:length|size|window)/;
const TOO_LONG =
  /context[ _](?:length|size|window)|string_above_max_length|prompt_too_long|prompt alone has|n_ctx|number of tokens allowed|token limit|max_new_tokens must be|must have less than \d+ tokens|(?:allowed|prompt) length|token count|range of input length|reduce (?:the length|your prompt|your message)|(?:prompt|input) (?:is )?too long|request too large/;

/** Of refusals of the request itself. */
const ABOUT_THE_REQUEST: ReadonlySet<number> = new Set([400, 413, 422]);
const PERHAPS = /token|length|context|too (?:long|large|big|many)/;

const CONTEXT = [
  /context(?: length| size| window)?(?: is| of)?(?: only)? ?\(?(\d+)/,
  /n_ctx: ?(\d+)/,
  /(\d+) maximum/,
  /tokens allowed \(?(\d+)/,
  /inputs tokens \+ max_new_tokens must be <= (\d+)/,
  /must have less than (\d+) tokens/,
  /(?:allowed|prompt) length (?:is )?\(?(\d+)/,
  /\blimit(?: of|:)? (\d+)/,
];
const PROMPT = [
  /(\d+)(?: tokens)? (?:in the messages|in your prompt|of text input|from the input)/,
  /(\d+) inputs? tokens/,
  /input token count \(?(\d+)/,
  /(?:prompt|request) (?:alone )?(?:contains|has) (\d+)/,
  /prompt (\d+) >/,
  /(?:input|input length|request) \((\d+)/,
  /token count of (\d+)/,
  /n_keep: ?(\d+)/,
  /keep the first (\d+)/,
  /messages resulted in (\d+)/,
  /requested tokens \((\d+)/,
  /must have less than \d+ tokens\. given: (\d+)/,
  /too long: (\d+) tokens/,
];
const ASKED = [/requested (?:about |a total of )?(\d+) tokens/, /requested:? (\d+)/];
const ANSWER = [
  /range of max_tokens (?:is|should be) \[1, ?(\d+)\]/,
  /at most (\d+) (?:completion|output) tokens/,
  /(?<!\+ )max_(?:completion_|new_)?tokens must be (?:less than or equal to|<=) (\d+)/,
  /max_tokens: \d+ > (\d+)/,
];

/** The first that is too many. */
const BEYOND_ANSWER = [/range is from 1 \(inclusive\) to (\d+) \(exclusive\)/];

function figure(text: string, patterns: readonly RegExp[]): number | null {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return Number(found);
  }
  return null;
}

/** Of llama.cpp, whose errors have figures beside their words. */
function fieldOf({ error }: APIError, name: 'n_ctx' | 'n_prompt_tokens'): number | null {
  const value: unknown = (error as Partial<Record<typeof name, unknown>> | undefined)?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
