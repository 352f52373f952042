import { MODEL } from './protocol.ts';
import type { Admission } from './rate-limit.ts';

/** An answer that is an error, in OpenAI's shape. */
export interface Refusal {
  status: number;
  /** what the log says */
  fault: string;
  body: { error: { message: string; type: string; param: string | null; code: string | null } };
  headers?: Record<string, string>;
}

export function wrongKey(): Refusal {
  return refusal(401, 'wrongKey', 'Incorrect API key provided.', { code: 'invalid_api_key' });
}

export function wrongField(field: string, message: string): Refusal {
  return refusal(400, 'wrongField', `${field}: ${message}`, { param: field });
}

export function notFound(what: string): Refusal {
  return refusal(404, 'notFound', `There is no ${what}.`);
}

/** What the server itself could not take: JSON that is none, a body that is too large. */
export function unreadable(status: number, message: string): Refusal {
  return refusal(status, 'unreadable', message);
}

export function unknownModel(name: string, known: string = MODEL): Refusal {
  const message = `The model ${name} does not exist here; there is only ${known}.`;
  return refusal(404, 'unknownModel', message, { code: 'model_not_found', param: 'model' });
}

/** The sentence that the recipe looks for to shrink its max tokens ("reduce your prompt") is in it. */
export function contextLength(limit: number, prompt: number, completion: number): Refusal {
  const message =
    `This model's maximum context length is ${limit} tokens, however you requested ${prompt + completion} ` +
    `(${prompt} in your prompt; ${completion} for the completion). Please reduce your prompt or max_tokens.`;
  return refusal(400, 'contextLength', message, { code: 'context_length_exceeded' });
}

/** A request over the limits, with the time to wait where waiting helps. */
export function overLimit({ reason, retryAfterMs }: Extract<Admission, { admitted: false }>): Refusal {
  const type = reason === 'requests' ? 'requests' : 'tokens';
  const what = reason === 'too large' ? 'Request too large' : 'Rate limit reached';
  return {
    ...refusal(429, 'limit', `${what} for ${MODEL} (${type} per minute).`, {
      type,
      code: 'rate_limit_exceeded',
    }),
    headers: retryAfterMs === null ? {} : retryAfter(retryAfterMs),
  };
}

/** A 429 that no limit is behind. */
export function rateLimited(retryAfterMs: number): Refusal {
  const message = `Rate limit reached for ${MODEL}; this one is made up.`;
  return {
    ...refusal(429, 'rateLimited', message, { type: 'requests', code: 'rate_limit_exceeded' }),
    headers: retryAfter(retryAfterMs),
  };
}

export function serverError(status: number): Refusal {
  const message = 'The server had an error while processing your request; this one is made up.';
  return refusal(status, 'serverError', message, { type: 'server_error' });
}

function refusal(
  status: number,
  fault: string,
  message: string,
  { type = 'invalid_request_error', param = null, code = null }: Partial<Refusal['body']['error']> = {},
): Refusal {
  return { status, fault, body: { error: { message, type, param, code } } };
}

/** In whole seconds as HTTP has it, and in milliseconds as OpenAI's clients read first. */
function retryAfter(ms: number): Record<string, string> {
  return { 'retry-after': String(Math.ceil(ms / 1000)), 'retry-after-ms': String(ms) };
}
