import { z } from 'zod';

/**
 * Fields that clients send by habit and that change nothing here: those that only describe the request are taken as
 * they are, the others where they have the value that asks for nothing.
 */

/** Taken where it says nothing: null, absent, or a value that changes nothing. */
const neutral = (...values: [number | boolean | string, ...(number | boolean | string)[]]) =>
  z.literal(values).nullish();

const describes = z.unknown().optional();
const none = z.union([z.array(z.never()), z.null()]).optional();

/** Of both endpoints; beyond OpenAI's fields those of vLLM, SGLang, llama.cpp and Hugging Face. */
export const NEUTRAL = {
  logit_bias: z.record(z.string(), z.never()).nullish(),
  user: describes,
  service_tier: describes,
  safety_identifier: describes,
  prompt_cache_key: describes,
  prompt_cache_retention: describes,
  cache_prompt: describes,
  request_id: describes,
  priority: describes,
  min_p: neutral(0),
  typical_p: neutral(1),
  repetition_penalty: neutral(1),
  repeat_penalty: neutral(1),
  length_penalty: neutral(1),
  min_tokens: neutral(0),
  mirostat: neutral(0),
  ignore_eos: neutral(false),
  use_beam_search: neutral(false),
  include_stop_str_in_output: neutral(false),
  skip_special_tokens: neutral(true),
  echo: neutral(false),
  best_of: neutral(1),
} as const;

/** Of chats. Tools are taken where none may be called. */
export const NEUTRAL_IN_CHATS = {
  tools: z.unknown().optional(),
  tool_choice: neutral('none', 'auto'),
  parallel_tool_calls: z.boolean().nullish(),
  functions: none,
  function_call: neutral('none', 'auto'),
  // The model does not think before it answers: more than usual of it cannot be had.
  reasoning_effort: neutral('none', 'minimal', 'low', 'medium'),
  verbosity: neutral('medium'),
  modalities: z.array(z.literal('text')).nullish(),
  audio: z.null().optional(),
  web_search_options: z.null().optional(),
  prediction: describes,
  response_format: z.strictObject({ type: z.literal('text') }).nullish(),
  store: neutral(false),
  metadata: describes,
  add_generation_prompt: neutral(true),
  continue_final_message: neutral(false),
} as const;
