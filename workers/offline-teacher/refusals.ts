import { type Refusal, refusal as refused } from '../openai-answers.ts';
import { MODEL } from './protocol.ts';
import type { LimiterReply } from './rate-limit.ts';

/** An answer that is an error, with its name in the log. */
export interface LoggedRefusal extends Refusal {
  fault: string;
}

export function wrongKey(): LoggedRefusal {
  return refusal(401, 'wrongKey', 'Incorrect API key provided.', { code: 'invalid_api_key' });
}

export function wrongField(field: string, message: string): LoggedRefusal {
  return refusal(400, 'wrongField', `${field}: ${message}`, { param: field });
}

export function notFound(what: string): LoggedRefusal {
  return refusal(404, 'notFound', `There is no ${what}.`);
}

/** What the server itself could not take: JSON that is none, a body that is too large. */
export function unreadable(status: number, message: string): LoggedRefusal {
  return refusal(status, 'unreadable', message);
}

export function unknownModel(name: string, known: string = MODEL): LoggedRefusal {
  const message = `The model ${name} does not exist here; there is only ${known}.`;
  return refusal(404, 'unknownModel', message, { code: 'model_not_found', param: 'model' });
}

/** The sentence that the recipe looks for to shrink its max tokens ("reduce your prompt") is in it. */
export function contextLength(limit: number, prompt: number, completion: number): LoggedRefusal {
  const message =
    `This model's maximum context length is ${limit} tokens, however you requested ${prompt + completion} ` +
    `(${prompt} in your prompt; ${completion} for the completion). Please reduce your prompt or max_tokens.`;
  return refusal(400, 'contextLength', message, { code: 'context_length_exceeded' });
}

/** A request over the limits, with the time to wait where waiting helps. */
export function overLimit({
  reason,
  retryAfterMs,
}: Extract<LimiterReply, { admitted: false }>): LoggedRefusal {
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
export function rateLimited(retryAfterMs: number): LoggedRefusal {
  const message = `Rate limit reached for ${MODEL}; this one is made up.`;
  return {
    ...refusal(429, 'rateLimited', message, { type: 'requests', code: 'rate_limit_exceeded' }),
    headers: retryAfter(retryAfterMs),
  };
}

export function serverError(status: number): LoggedRefusal {
  const message = 'The server had an error while processing your request; this one is made up.';
  return refusal(status, 'serverError', message, { type: 'server_error' });
}

function refusal(
  status: number,
  fault: string,
  message: string,
  error?: Partial<Refusal['body']['error']>,
): LoggedRefusal {
  return { fault, ...refused(status, message, error) };
}

/** In whole seconds as HTTP has it, and in milliseconds as OpenAI's clients read first. */
function retryAfter(ms: number): Record<string, string> {
  return { 'retry-after': String(Math.ceil(ms / 1000)), 'retry-after-ms': String(ms) };
}
