import type { PresetName } from '../../../../activities/teacher/profile/presets.ts';
import type { Reply } from './scripted-teacher.ts';

/**
 * What endpoints answer, as they document it or as it was reported of them, cut to what is read: one place for all of
 * them. `tooLong` is what each says to a prompt of 1,100 tokens and a limit of 3,072, where its model has a context of
 * 4,096 or takes 2,048 for an answer (null: it is not known); `endless` what it says where the prompt alone is too long.
 */
export interface RecordedShape {
  answer: object;
  /** what of its answer is not as most have it: "An answer", ended by "stop", for 20 and 5 tokens, without thinking */
  read?: { end?: string; thinking?: string; completionTokens?: number };
  /** a wrong key; of what knows none something else that it refuses */
  refused: { reply: Reply; code: string };
  tooLong: Reply | null;
  /** the token limits that are asked for one after the other, the last of which is answered */
  asked: readonly number[];
  endless: Reply;
}

/** Sends an error as it is, whatever its form. */
const error = (status: number, json: unknown): Reply => ({ status, json });
const inForm = (status: number, message: string, more: object = {}): Reply =>
  error(status, { error: { message, ...more } });

const chat = (usage: object, more: object = {}, inChoice: object = {}, inMessage: object = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_764_374_400,
  model: 'a-model',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'An answer', ...inMessage },
      finish_reason: 'stop',
      ...inChoice,
    },
  ],
  usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25, ...usage },
  ...more,
});

const INVALID = { type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' };
const OPENAI_TOO_LONG =
  "This model's maximum context length is 4096 tokens. However, you requested 4172 tokens (1100 in the messages, 3072 in the completion). Please reduce the length of the messages or completion.";
const OPENAI_ENDLESS =
  "This model's maximum context length is 4096 tokens. However, your messages resulted in 9000 tokens. Please reduce the length of the messages.";
const bare = (status: number, message: string, code: unknown = status): Reply =>
  error(status, { object: 'error', message, type: 'BadRequestError', param: null, code });

export const RECORDED_SHAPES: Record<PresetName, RecordedShape> = {
  openai: {
    answer: chat(
      {
        ...{ completion_tokens: 905, total_tokens: 925 },
        completion_tokens_details: { reasoning_tokens: 900 },
      },
      { service_tier: 'default' },
    ),
    read: { completionTokens: 905 },
    refused: {
      reply: inForm(401, 'Incorrect API key provided.', { ...INVALID, code: 'invalid_api_key' }),
      code: 'Authentication',
    },
    tooLong: inForm(400, OPENAI_TOO_LONG, INVALID),
    asked: [3072, 2996],
    endless: inForm(400, OPENAI_ENDLESS, INVALID),
  },
  azure: {
    answer: chat(
      {},
      { prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }] },
      { content_filter_results: { hate: { filtered: false, severity: 'safe' } } },
    ),
    refused: {
      reply: inForm(401, 'Access denied due to invalid subscription key or wrong API endpoint.', {
        code: '401',
      }),
      code: 'Authentication',
    },
    tooLong: inForm(
      400,
      'max_tokens is too large: 3072. This model supports at most 2048 completion tokens, whereas you provided 3072.',
      { type: 'invalid_request_error', param: 'max_tokens', code: 'invalid_value' },
    ),
    asked: [3072, 2048],
    endless: inForm(400, OPENAI_ENDLESS, INVALID),
  },
  openrouter: {
    answer: chat(
      {},
      { provider: 'Somebody' },
      { finish_reason: 'error', error: { code: 502, message: 'Provider disconnected' } },
    ),
    read: { end: 'error' },
    refused: { reply: inForm(401, 'No auth credentials found', { code: 401 }), code: 'Authentication' },
    tooLong: inForm(
      400,
      "This endpoint's maximum context length is 4096 tokens. However, you requested about 4172 tokens (1100 of text input, 3072 in the output). Please reduce the length of either one.",
      { code: 400, metadata: { provider_name: null } },
    ),
    asked: [3072, 2996],
    endless: inForm(400, 'Provider returned error', {
      code: 400,
      metadata: {
        raw: '{"message":"Prompt contains 9000 tokens, too large for model with 4096 maximum context length"}',
        provider_name: 'Mistral',
      },
    }),
  },
  mistral: {
    answer: chat(
      {},
      {},
      {},
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'Gladly?' }] },
          { type: 'text', text: 'An answer' },
        ],
      },
    ),
    read: { thinking: 'Gladly?' },
    refused: {
      reply: error(401, { message: 'Unauthorized', request_id: 'a1' }),
      code: 'Authentication',
    },
    tooLong: null,
    asked: [3072],
    endless: error(400, {
      object: 'error',
      message: 'Prompt 9000 > 4096 maximum context length',
      type: 'invalid_request_prompt_too_long',
      param: null,
      code: '3059',
    }),
  },
  gemini: {
    // Its thinking is in the total alone.
    answer: chat({ total_tokens: 925 }),
    read: { completionTokens: 905 },
    refused: {
      reply: error(400, [
        {
          error: {
            code: 400,
            message: 'API key not valid. Please pass a valid API key.',
            status: 'INVALID_ARGUMENT',
          },
        },
      ]),
      code: 'Authentication',
    },
    tooLong: error(400, [
      {
        error: {
          code: 400,
          message:
            'Unable to submit request because it has a maxOutputTokens value of 3072 but the supported range is from 1 (inclusive) to 2049 (exclusive).',
          status: 'INVALID_ARGUMENT',
        },
      },
    ]),
    asked: [3072, 2048],
    endless: error(400, [
      {
        error: {
          code: 400,
          message: 'The input token count (9000) exceeds the maximum number of tokens allowed (4096).',
          status: 'INVALID_ARGUMENT',
        },
      },
    ]),
  },
  groq: {
    answer: chat(
      { queue_time: 0.01, total_time: 0.5 },
      { x_groq: { id: 'req_1' } },
      {},
      { reasoning: 'Gladly?' },
    ),
    read: { thinking: 'Gladly?' },
    refused: {
      reply: inForm(401, 'Invalid API Key', { type: 'invalid_request_error', code: 'invalid_api_key' }),
      code: 'Authentication',
    },
    tooLong: inForm(400, 'Please reduce the length of the messages or completion.', INVALID),
    asked: [3072, 2457],
    endless: inForm(
      413,
      'Request too large for model `a-model` on tokens per minute (TPM): Limit 4000, Requested 12072, please reduce your message size and try again.',
      { type: 'tokens', code: 'rate_limit_exceeded' },
    ),
  },
  deepseek: {
    answer: chat(
      { prompt_cache_hit_tokens: 0, prompt_cache_miss_tokens: 20 },
      {},
      { finish_reason: 'insufficient_system_resource' },
      { reasoning_content: 'Gladly?' },
    ),
    read: { end: 'insufficient_system_resource', thinking: 'Gladly?' },
    refused: {
      reply: inForm(402, 'Insufficient Balance', { type: 'unknown_error', code: 'invalid_request_error' }),
      code: 'QuotaExhausted',
    },
    tooLong: inForm(400, 'Invalid max_tokens value, the valid range of max_tokens is [1, 2048]', {
      type: 'invalid_request_error',
      param: null,
      code: 'invalid_request_error',
    }),
    asked: [3072, 2048],
    endless: inForm(
      400,
      "This model's maximum context length is 4096 tokens. However, you requested 12072 tokens (9000 in the messages, 3072 in the completion). Please reduce the length of the messages or completion.",
      { type: 'invalid_request_error', code: 'invalid_request_error' },
    ),
  },
  vllm: {
    answer: chat(
      {},
      { prompt_logprobs: null },
      { stop_reason: null },
      { content: '<think>Gladly?</think>An answer', reasoning_content: null },
    ),
    refused: {
      reply: error(404, {
        error: {
          message: 'The model `a-model` does not exist.',
          type: 'NotFoundError',
          param: 'model',
          code: 404,
        },
      }),
      code: 'UnknownModel',
    },
    tooLong: bare(
      400,
      "'max_tokens' or 'max_completion_tokens' is too large: 3072. This model's maximum context length is 4096 tokens and your request has 1100 input tokens (3072 > 4096 - 1100).",
    ),
    asked: [3072, 2996],
    endless: bare(400, OPENAI_ENDLESS),
  },
  sglang: {
    answer: chat({}, {}, { finish_reason: 'abort', matched_stop: null }),
    read: { end: 'abort' },
    refused: { reply: error(401, { error: 'Unauthorized' }), code: 'Authentication' },
    tooLong: bare(
      400,
      "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 4172 tokens: 1100 tokens from the input messages and 3072 tokens for the completion.",
    ),
    asked: [3072, 2996],
    endless: bare(400, "The input (9000 tokens) is longer than the model's context length (4096 tokens)."),
  },
  tgi: {
    answer: chat({}, { system_fingerprint: '3.3.0-sha' }, { finish_reason: 'eos_token' }),
    read: { end: 'eos_token' },
    refused: {
      reply: error(429, { error: 'Model is overloaded', error_type: 'overloaded' }),
      code: 'RateLimited',
    },
    tooLong: error(422, {
      error:
        'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 1100 `inputs` tokens and 3072 `max_new_tokens`',
      error_type: 'validation',
    }),
    asked: [3072, 2996],
    endless: error(422, {
      error: 'Input validation error: `inputs` must have less than 4096 tokens. Given: 9000',
      error_type: 'validation',
    }),
  },
  'llama.cpp': {
    answer: chat({}, { timings: { prompt_n: 20, predicted_n: 5 } }, { finish_reason: 'length' }),
    read: { end: 'length' },
    refused: {
      reply: inForm(401, 'Invalid API Key', { type: 'authentication_error', code: 401 }),
      code: 'Authentication',
    },
    tooLong: inForm(500, 'Context size has been exceeded.', { type: 'server_error', code: 500 }),
    asked: [3072, 2457],
    endless: inForm(
      400,
      'the request exceeds the available context size. try increasing the context size or enable context shift',
      { code: 400, type: 'exceed_context_size_error', n_prompt_tokens: 9000, n_ctx: 4096 },
    ),
  },
  ollama: {
    answer: chat({}, { system_fingerprint: 'fp_ollama' }, {}, { content: 'Gladly?</think>\n\nAn answer' }),
    refused: {
      reply: inForm(404, 'model "a-model" not found, try pulling it first', {
        type: 'api_error',
        code: null,
      }),
      code: 'UnknownModel',
    },
    tooLong: inForm(400, 'prompt too long; exceeded max context length by 76 tokens', { type: 'api_error' }),
    asked: [3072, 2457],
    endless: inForm(400, 'prompt too long; exceeded max context length by 4904 tokens', {
      type: 'api_error',
    }),
  },
  lmstudio: {
    answer: chat({}, { stats: {} }),
    refused: {
      reply: inForm(404, 'Failed to load model "a-model".', {
        type: 'invalid_request_error',
        code: 'model_not_found',
      }),
      code: 'UnknownModel',
    },
    tooLong: error(400, { error: 'Context size has been exceeded.' }),
    asked: [3072, 2457],
    endless: error(400, {
      error:
        'The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 9000>= n_ctx: 4096). Try to load the model with a larger context length, or provide a shorter input.',
    }),
  },
};
