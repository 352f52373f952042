import { log } from '../../activities/log.ts';
import { type Refusal, refusal } from '../openai-answers.ts';
import { explain, serverSaid } from '../runs/explain.ts';

type About = Partial<Refusal['body']['error']>;

/** What is asked for cannot be had: as an error of OpenAI's API. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(status: number, message: string, about: About = {}) {
    super(message);
    this.refusal = refusal(status, message, about);
  }
}

/** What kinds of failures are called in `code`, by their status. */
const CODES: Readonly<Record<number, string>> = {
  400: 'invalid_value',
  401: 'invalid_api_key',
  403: 'insufficient_permissions',
  404: 'not_found',
  413: 'file_too_large',
  429: 'rate_limit_exceeded',
};

/**
 * Any error in OpenAI's form, as an answer. A run's own refusal is a 400, since clients of OpenAI send again what gets a
 * 409.
 */
export function openAiError(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal;
  const { status: told, message, fields } = explain(error);
  if (told >= 500) log.failure(error, serverSaid(error));
  const status = told === 409 || told === 422 ? 400 : told;
  if (status >= 500) return refusal(status, message, { type: 'server_error' });
  const [path] = fields.map((field) => field.path.join('.'));
  return refusal(status, message, { param: path ?? null, code: CODES[status] ?? null });
}
